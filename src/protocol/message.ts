import { escapeLineSeparators } from './line-separators.js';
import { formatPosition, type Position } from './position.js';

/**
 * A message as readers get it.
 * @typeParam Data the output of the channel's schema
 */
export interface Message<Data = unknown> {
  /** The message's position in its channel, `<epoch>-<offset>`. */
  readonly id: string;
  readonly channel: string;
  readonly type: string;
  /** Any JSON. */
  readonly data: Data;
  /** The id of the identity that sent it. Absent if it was sent without one. */
  readonly sender?: string;
  /** When it was sent, in ISO 8601, by the clock of the node that it was sent to. */
  readonly createdAt: string;
  /** When its data was replaced for the last time. Absent if it never was. */
  readonly editedAt?: string;
}

/** A message that has no position yet. */
export interface Draft extends Omit<Message, 'id' | 'sender'> {
  readonly sender: string | undefined;
}

/** A message in transit: its JSON is written once, on the node that it was sent to, and not parsed on the way. */
export interface EncodedMessage {
  readonly position: Position;
  readonly type: string;
  readonly json: string;
}

/** The type of a message that names none. Its events have no `event:` line. */
export const DEFAULT_TYPE = 'message';

/**
 * The JSON of a message without the id at its beginning, which the broker assigns: see `completeJson`.
 * @throws TypeError or RangeError for data that JSON cannot hold
 */
export function encodeTail(message: Draft): string {
  const { channel, type, data, sender, createdAt, editedAt } = message;
  const json = JSON.stringify(data) as string | undefined;
  if (json === undefined) {
    throw new TypeError('The data is undefined, a function or a symbol.');
  }
  const edited = editedAt === undefined ? '' : `"editedAt":"${editedAt}",`;
  const from = sender === undefined ? '' : senderField(sender);
  const content = escapeLineSeparators(`"data":${json},`);
  return `"channel":"${channel}","type":"${type}",${content}${edited}${from}"createdAt":"${createdAt}"}`;
}

/** The member that says who sent a message, and the comma behind it. */
export function senderField(sender: string): string {
  return escapeLineSeparators(`"sender":${JSON.stringify(sender)},`);
}

export function completeJson(position: Position, tail: string): string {
  return `{"id":"${formatPosition(position)}",${tail}`;
}

/** The message's JSON without its id, as it was published. */
export function tailOf({ position, json }: EncodedMessage): string {
  return json.slice(completeJson(position, '').length);
}
