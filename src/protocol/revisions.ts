import {
  completeJson,
  encodeTail,
  senderField,
  type EncodedMessage,
  type Message,
} from './message.js';
import { formatPosition, parsePosition, type Position } from './position.js';

/** A message's data was replaced: `{ id, data }`. */
export const EDITED = 'stream.edited';
/** Messages were deleted: `{ ids }`. In place of each of them is the same event with its own id. */
export const DELETED = 'stream.deleted';
/** Everything before this event was deleted. */
export const CLEARED = 'stream.cleared';

/** The most ids in one event. */
export const MAX_DELETED_IDS = 1000;

/** The characters of `2026-01-31T12:00:00.000Z"}`, with which every message ends. */
const END_LENGTH = 26;

/** What an event of these types tells its readers to do. */
export type Announcement =
  | { readonly kind: 'edited'; readonly position: Position; readonly data: unknown }
  | { readonly kind: 'deleted'; readonly positions: readonly Position[] }
  | { readonly kind: 'cleared' };

/** Whether this is the type of an event that changes earlier messages. Only the server may use these types. */
export function isAnnouncement(type: string): boolean {
  return type === EDITED || type === DELETED || type === CLEARED;
}

/** @param message whose type is one of an announcement */
export function parseAnnouncement({ type, json }: EncodedMessage): Announcement {
  const { data } = JSON.parse(json) as Message<{ id?: string; data?: unknown; ids?: string[] }>;
  if (type === CLEARED) {
    return { kind: 'cleared' };
  }
  if (type === DELETED) {
    return {
      kind: 'deleted',
      positions: (data.ids ?? []).flatMap((id) => parsePosition(id) ?? []),
    };
  }
  const position = parsePosition(data.id ?? '');
  return position
    ? { kind: 'edited', position, data: data.data }
    : { kind: 'deleted', positions: [] };
}

/** The tail of an event that says that these messages were deleted. */
export function deletedTail(channel: string, ids: readonly string[], createdAt: string): string {
  return encodeTail({ channel, type: DELETED, data: { ids }, sender: undefined, createdAt });
}

/** The tail of an event that says that everything before it was deleted. */
export function clearedTail(channel: string, createdAt: string): string {
  return encodeTail({ channel, type: CLEARED, data: {}, sender: undefined, createdAt });
}

/** The tail of an event that says that this message has new data. Its sender is the message's. */
export function editedTail({ id, channel, data, sender, editedAt = '' }: Message): string {
  return encodeTail({ channel, type: EDITED, data: { id, data }, sender, createdAt: editedAt });
}

/** What takes the place of a deleted message. */
export function placeholder(
  position: Position,
  channel: string,
  createdAt: string,
): EncodedMessage {
  const tail = deletedTail(channel, [formatPosition(position)], createdAt);
  return { position, type: DELETED, json: completeJson(position, tail) };
}

/** What takes the place of this message once it is deleted. */
export function deleted({ position, json }: EncodedMessage): EncodedMessage {
  const { channel, createdAt } = JSON.parse(json) as Message;
  return placeholder(position, channel, createdAt);
}

/** The message with the data of an announcement in place of its own. */
export function edited(
  { position, type, json }: EncodedMessage,
  data: unknown,
  at: string,
): EncodedMessage {
  const { channel, sender, createdAt } = JSON.parse(json) as Message;
  const tail = encodeTail({ channel, type, data, sender, createdAt, editedAt: at });
  return { position, type, json: completeJson(position, tail) };
}

/** Whether this stands in place of a deleted message. */
export function isPlaceholder({ position, type, json }: EncodedMessage): boolean {
  return type === DELETED && json.includes(`"data":{"ids":["${formatPosition(position)}"]}`);
}

/** Whether this announces an edit of the message at this position. */
export function isEditOf(
  { type, json }: Pick<EncodedMessage, 'type' | 'json'>,
  position: Position,
): boolean {
  return type === EDITED && json.includes(`"data":{"id":"${formatPosition(position)}"`);
}

/**
 * The end of a message of this sender, up to the time at which it was sent. The data cannot look like it: within a JSON
 * string its quotes would be escaped, and behind an object's members there would be a brace.
 */
export function endOfSender(sender: string): string {
  return `,${senderField(sender)}"createdAt":"`;
}

/** Whether this is a message of this sender. */
export function isFrom(json: string, sender: string): boolean {
  return json.slice(0, -END_LENGTH).endsWith(endOfSender(sender));
}
