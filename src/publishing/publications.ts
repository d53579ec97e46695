import type { Publication } from '../broker/broker.port.js';
import { validateData } from '../channels/validate-data.js';
import { BirdsongError } from '../errors/birdsong-error.js';
import { DEFAULT_TYPE, encodeTail, type Draft } from '../protocol/message.js';
import type { Policy } from '../channels/policy.js';
import { deepCopy } from './deep-copy.js';
import type { Send } from './validate-send.js';

/** What all messages of a batch have in common. */
type Envelope = Pick<Draft, 'channel' | 'sender' | 'createdAt' | 'editedAt'> & {
  readonly maxBytes: number;
};

/**
 * Encodes the messages for the broker. They hold the data as it is now, even if its owner changes it while a schema
 * validates it. Without a schema, the data is encoded at once.
 *
 * @param isShared whether the app may still change the data
 * @throws BirdsongError `invalid-data`, `invalid-request` or `message-too-large`
 */
export function toPublications(
  send: Send,
  { data: schema }: Policy,
  envelope: Envelope,
  isShared: boolean,
): Publication[] | Promise<Publication[]> {
  return schema
    ? toValidPublications(isShared ? withCopiedData(send) : send, schema, envelope)
    : send.messages.map(({ type, data }) => encode(type, data, envelope));
}

async function toValidPublications(
  { messages, isBatch }: Send,
  schema: NonNullable<Policy['data']>,
  envelope: Envelope,
): Promise<Publication[]> {
  const publications: Publication[] = [];
  for (const [index, { type, data }] of messages.entries()) {
    const path = isBatch ? ['messages', String(index), 'data'] : ['data'];
    publications.push(encode(type, await validateData(schema, data, path), envelope));
  }
  return publications;
}

function withCopiedData(send: Send): Send {
  try {
    return {
      ...send,
      messages: send.messages.map(({ type, data }) => ({ type, data: deepCopy(data) })),
    };
  } catch (cause) {
    throw notJson(cause);
  }
}

function encode(type = DEFAULT_TYPE, data: unknown, envelope: Envelope): Publication {
  const { maxBytes, ...members } = envelope;
  let tail: string;
  try {
    tail = encodeTail({ ...members, type, data });
    if (tail.includes('null') && holdsNonFinite(data)) {
      throw new TypeError('The data holds a number that is not finite.');
    }
  } catch (cause) {
    throw notJson(cause);
  }
  if (Buffer.byteLength(tail) > maxBytes) {
    throw new BirdsongError(
      'message-too-large',
      `A message may have at most ${maxBytes} bytes as JSON.`,
    );
  }
  return { type, tail };
}

/** Whether JSON would hold `null` in place of a number: NaN, or one that is too large, such as `1e400` in a body. */
function holdsNonFinite(data: unknown): boolean {
  if (typeof data === 'number') {
    return !Number.isFinite(data);
  }
  return typeof data === 'object' && data !== null && Object.values(data).some(holdsNonFinite);
}

/** For undefined, a cycle, a BigInt, a number that is not finite, or nesting deeper than the stack. */
function notJson(cause: unknown): BirdsongError {
  return new BirdsongError('invalid-request', 'The data cannot be written as JSON.', { cause });
}
