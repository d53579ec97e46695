import { isObject, stringOf } from '../http/json.js';
import type { Problem } from '../http/problem.js';
import { readStoredArray, writeStored } from '../storage.js';

/** A message that the server has not accepted yet. */
export interface Outgoing {
  /** Its Idempotency-Key: however often it is sent, it is one message. */
  readonly key: string;
  readonly name: string;
  readonly text: string;
  readonly writtenAt: Date;
  readonly state: 'waiting' | 'sending' | 'retrying' | 'failed';
  /** Whether it was sent, so that the server may have it already. */
  readonly tried: boolean;
  /** Why the server refused it. */
  readonly problem: Problem | undefined;
}

const storageKey = (channel: string): string => `birdsong.outbox.${channel}`;

/** What waited when the page was left. */
export function readOutgoing(channel: string): Outgoing[] {
  return readStoredArray(storageKey(channel)).flatMap(toOutgoing);
}

export function storeOutgoing(channel: string, queue: readonly Outgoing[]): void {
  writeStored(storageKey(channel), JSON.stringify(queue));
}

function toOutgoing(stored: unknown): Outgoing[] {
  if (!isObject(stored)) return [];
  const [key, name, text] = [stored['key'], stored['name'], stored['text']].map(stringOf);
  const writtenAt = new Date(stringOf(stored['writtenAt']));
  if (!key || !name || !text || Number.isNaN(writtenAt.getTime())) return [];
  const isFailed = stored['state'] === 'failed';
  const state = isFailed ? 'failed' : 'waiting';
  const problem = isFailed ? { detail: 'The server refused it.', errors: [] } : undefined;
  return [{ key, name, text, writtenAt, state, tried: stored['tried'] === true, problem }];
}
