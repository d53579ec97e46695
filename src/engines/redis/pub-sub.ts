import type { Redis } from 'ioredis';
import { slotOf } from './slots.js';

/** The most channels in one command, so that it does not block Redis for long. */
const MAX_NAMES_PER_COMMAND = 500;

/**
 * The pub/sub commands of a single Redis, or those of a cluster (`SSUBSCRIBE`, `SPUBLISH`), where each shard delivers
 * only what is published in its own slots.
 */
export class PubSub {
  constructor(private readonly isSharded: boolean) {}

  /** The event that an ioredis client emits for a message. */
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

  /** The names that this connection is subscribed to, without those that Redis unsubscribed by itself. */
  subscribed(client: Redis): ReadonlySet<string> {
    const subscriber = client.condition?.subscriber;
    const kind = this.isSharded ? 'ssubscribe' : 'subscribe';
    return new Set(subscriber ? subscriber.channels(kind) : []);
  }

  /** Groups names into commands. In a cluster, the names of one command share a slot. */
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
