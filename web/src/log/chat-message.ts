import { isObject, stringOf, type JsonObject } from '../http/json.js';

/** A message as this page shows it. `id` is its position. */
export interface ChatMessage {
  readonly id: string;
  readonly name: string;
  readonly text: string;
  readonly sentAt: Date;
}

export function messageId(json: JsonObject): string {
  return stringOf(json['id']);
}

/** Undefined for anything but a chat message: another type, or other data. */
export function chatMessage(json: JsonObject): ChatMessage | undefined {
  const { type, data } = json;
  if (type !== 'message' || !isObject(data)) return undefined;
  const { name, message: text } = data;
  if (typeof name !== 'string' || typeof text !== 'string') return undefined;
  const sentAt = new Date(stringOf(json['createdAt']));
  if (Number.isNaN(sentAt.getTime())) return undefined;
  return { id: messageId(json), name, text, sentAt };
}
