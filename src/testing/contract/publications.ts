import type { Batch, BrokerChannel, HistoryPage } from '../../broker/broker.port.js';
import { encodeTail, type EncodedMessage, type Message } from '../../protocol/message.js';

let channelCount = 0;

/** A channel that no other case uses. */
export function newChannel(history: Partial<BrokerChannel['history']> = {}): BrokerChannel {
  channelCount++;
  return {
    name: `contract.${process.pid}.${channelCount}`,
    pattern: 'contract.*',
    history: { count: 1000, ageSeconds: 3600, ...history },
  };
}

/** A batch of one message. */
export function publication(
  data: unknown,
  more: { type?: string; idempotencyKey?: string } = {},
): Batch {
  return batch([data], more);
}

export function batch(
  list: readonly unknown[],
  { type = 'message', idempotencyKey }: { type?: string; idempotencyKey?: string } = {},
): Batch {
  const createdAtMs = Date.now();
  const createdAt = new Date(createdAtMs).toISOString();
  const publications = list.map((data) => ({
    type,
    tail: encodeTail({ channel: 'c', type, data, sender: undefined, createdAt }),
  }));
  return { publications, createdAtMs, idempotencyKey };
}

/** The data that was published. */
export const dataOf = ({ json }: EncodedMessage): unknown => (JSON.parse(json) as Message).data;
export const offsets = ({ messages }: HistoryPage): number[] =>
  messages.map(({ position }) => position.offset);
