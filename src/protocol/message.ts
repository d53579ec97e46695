import { formatPosition, type Position } from './position.js';

/** What is sent, as readers get it. */
/** @typeParam Data what the channel's schema lets through */
export interface Message<Data = unknown> {
  /** The message's position in its channel, `<epoch>-<offset>`. */
  readonly id: string;
  readonly channel: string;
  readonly type: string;
  /** Any JSON. */
  readonly data: Data;
  /** The identity that sent it; absent for a message without one. */
  readonly sender?: string;
  /** ISO 8601, by the clock of the node that accepted it. */
  readonly createdAt: string;
}

/** A message that has no position yet. */
export interface Draft extends Omit<Message, 'id' | 'sender'> {
  readonly sender: string | undefined;
}

/** A message on its way: JSON, written once where it was accepted and never parsed on the way. */
export interface EncodedMessage {
  readonly position: Position;
  readonly type: string;
  readonly json: string;
}

/** The type of a message that names none; its events carry no `event:` line. */
export const DEFAULT_TYPE = 'message';

/**
 * The JSON of a message but for its beginning, the id, which the broker assigns: see `completeJson`.
 * @throws TypeError or RangeError for data that JSON cannot hold
 */
export function encodeTail(message: Draft): string {
  const { channel, type, data, sender, createdAt } = message;
  const json = JSON.stringify(data) as string | undefined;
  if (json === undefined) {
    throw new TypeError('The data is undefined, a function or a symbol.');
  }
  const from = sender === undefined ? '' : `"sender":${JSON.stringify(sender)},`;
  return `"channel":"${channel}","type":"${type}","data":${json},${from}"createdAt":"${createdAt}"}`;
}

export function completeJson(position: Position, tail: string): string {
  return `{"id":"${formatPosition(position)}",${tail}`;
}
