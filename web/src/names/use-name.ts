import { ref, type Ref } from 'vue';
import { signIn } from './sign-in.js';
import { readStored, writeStored } from '../storage.js';

export const NAME_LIMIT = 64;

const KEY = 'birdsong.name';

export function isName(text: string): boolean {
  return text.trim() !== '' && text.length <= NAME_LIMIT;
}

function storedName(): string {
  const stored = readStored(KEY) ?? '';
  return isName(stored) ? stored : '';
}

const name = ref(storedName());
const editing = ref(false);

interface NameChoice {
  /** Empty until one is chosen. */
  readonly name: Readonly<Ref<string>>;
  readonly editing: Ref<boolean>;
  readonly choose: (text: string) => Promise<void>;
}

/** The reader's own name: one for the whole page. */
export function useName(): NameChoice {
  async function choose(text: string): Promise<void> {
    // First, so that the first message has a sender.
    await signIn(text.trim());
    name.value = text.trim();
    editing.value = false;
    writeStored(KEY, name.value);
  }
  return { name, editing, choose };
}
