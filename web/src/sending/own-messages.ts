import { shallowRef, type ShallowRef } from 'vue';
import { readStored, writeStored } from '../storage.js';

/** How many of one's own messages of a channel this browser remembers. */
const LIMIT = 500;

export interface OwnMessages {
  readonly ids: Readonly<ShallowRef<ReadonlySet<string>>>;
  readonly add: (id: string) => void;
}

/** The messages of a channel that were written in this browser: anybody may use the same name. */
export function ownMessagesOf(channel: string): OwnMessages {
  const key = `birdsong.own.${channel}`;
  const ids = shallowRef<ReadonlySet<string>>(read(key));

  function add(id: string): void {
    ids.value = new Set([...ids.value, id].slice(-LIMIT));
    writeStored(key, JSON.stringify([...ids.value]));
  }

  return { ids, add };
}

function read(key: string): Set<string> {
  try {
    const stored: unknown = JSON.parse(readStored(key) ?? '[]');
    return new Set(Array.isArray(stored) ? stored.filter((id) => typeof id === 'string') : []);
  } catch {
    return new Set();
  }
}
