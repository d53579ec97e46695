import type { Redis } from 'ioredis';
import { slotOf } from './slots.js';

/** Channels per command: one must not hold up Redis. */
const MAX_NAMES_PER_COMMAND = 500;

/**
 * The pub/sub commands of one Redis, or those of a cluster: there each shard delivers what is published in its
 * own slots, and to no other shard (`SSUBSCRIBE`, `SPUBLISH`).
 */
export class PubSub {
  constructor(private readonly isSharded: boolean) {}

  /** The event of an ioredis client for a message. */
  get event(): string {
    return this.isSharded ? 'smessage' : 'message';
  }

  subscribe(client: Redis, names: readonly string[]): Promise<unknown> {
    return this.isSharded ? client.ssubscribe(...names) : client.subscribe(...names);
  }

  unsubscribe(client: Redis, name: string): Promise<unknown> {
    return this.isSharded ? client.sunsubscribe(name) : client.unsubscribe(name);
  }

  publish(client: Redis, name: string, text: string): Promise<unknown> {
    return this.isSharded ? client.spublish(name, text) : client.publish(name, text);
  }

  /** What Redis counts this connection as subscribed to, with all that it took away unasked. */
  subscribed(client: Redis): ReadonlySet<string> {
    const subscriber = client.condition?.subscriber;
    const kind = this.isSharded ? 'ssubscribe' : 'subscribe';
    return new Set(subscriber ? subscriber.channels(kind) : []);
  }

  /** As they may stand in one command: in a cluster, those of one slot. */
  inCommands(names: readonly string[]): string[][] {
    const bySlot = new Map<number, string[]>();
    for (const name of names) {
      const slot = this.isSharded ? slotOf(tagOf(name)) : 0;
      const sameSlot = bySlot.get(slot) ?? [];
      sameSlot.push(name);
      bySlot.set(slot, sameSlot);
    }
    return [...bySlot.values()].flatMap((sameSlot) =>
      Array.from({ length: Math.ceil(sameSlot.length / MAX_NAMES_PER_COMMAND) }, (_, index) =>
        sameSlot.slice(index * MAX_NAMES_PER_COMMAND, (index + 1) * MAX_NAMES_PER_COMMAND),
      ),
    );
  }
}

const tagOf = (name: string): string => name.slice(name.indexOf('{') + 1, name.indexOf('}'));
