import { ref, shallowRef, type Ref } from 'vue';
import type { Problem } from '../http/problem.js';
import type { ChatMessage } from '../log/chat-message.js';
import { channelOf } from '../rooms/room-name.js';
import { postMessage } from './post-message.js';
import { randomKey } from './random-key.js';

export const TEXT_LIMIT = 4_000;

export type SendingState = 'idle' | 'sending' | 'retrying';

export interface Outbox {
  readonly draft: Ref<string>;
  readonly state: Readonly<Ref<SendingState>>;
  readonly problem: Readonly<Ref<Problem | undefined>>;
  /** The newest message that the server has accepted. The stream may not have delivered it yet. */
  readonly accepted: Readonly<Ref<readonly ChatMessage[]>>;
  readonly send: (name: string) => Promise<void>;
}

const ACCEPTED_LIMIT = 20;
const outboxes = new Map<string, Outbox>();

/** What the reader writes in one room. It outlives the room's view, so that no draft is lost. */
export function outboxOf(room: string): Outbox {
  const outbox = outboxes.get(room) ?? createOutbox(channelOf(room));
  outboxes.set(room, outbox);
  return outbox;
}

export function isSendable(text: string): boolean {
  return text.trim() !== '' && text.trimEnd().length <= TEXT_LIMIT;
}

function createOutbox(channel: string): Outbox {
  const draft = ref('');
  const state = ref<SendingState>('idle');
  const problem = shallowRef<Problem>();
  const accepted = shallowRef<readonly ChatMessage[]>([]);

  // The key stays with the text: if it is sent again by hand after a failure, it is still one message.
  let attempt = { body: '', key: '' };

  async function send(name: string): Promise<void> {
    const written = draft.value;
    const text = written.trimEnd();
    if (state.value !== 'idle' || !isSendable(text)) return;
    const body = JSON.stringify({ data: { name, message: text } });
    if (attempt.body !== body) attempt = { body, key: randomKey() };
    state.value = 'sending';
    problem.value = undefined;
    const outcome = await postMessage(channel, body, attempt.key, () => (state.value = 'retrying'));
    state.value = 'idle';
    if ('problem' in outcome) {
      problem.value = outcome.problem;
      return;
    }
    attempt = { body: '', key: '' };
    const sentAt = new Date(outcome.createdAt);
    const message = { id: outcome.id, name, text, sentAt };
    accepted.value = [...accepted.value.slice(1 - ACCEPTED_LIMIT), message];
    // Keeps what was typed meanwhile.
    if (draft.value.startsWith(written)) draft.value = draft.value.slice(written.length);
  }

  return { draft, state, problem, accepted, send };
}
