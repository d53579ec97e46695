import { shallowRef, type ShallowRef } from 'vue';
import { readStoredArray, writeStored } from '../storage.js';

/** How many of one's own messages of a channel this browser remembers. */
const LIMIT = 500;

export interface OwnMessages {
  readonly ids: Readonly<ShallowRef<ReadonlySet<string>>>;
  readonly add: (id: string) => void;
}

/** The messages of a channel that were written in this browser: anybody may use the same name. */
export function ownMessagesOf(channel: string): OwnMessages {
  const key = `birdsong.own.${channel}`;
  const ids = shallowRef<ReadonlySet<string>>(
    new Set(readStoredArray(key).filter((id) => typeof id === 'string')),
  );

  function add(id: string): void {
    ids.value = new Set([...ids.value, id].slice(-LIMIT));
    writeStored(key, JSON.stringify([...ids.value]));
  }

  return { ids, add };
}
