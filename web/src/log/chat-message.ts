import { isObject, stringOf, type JsonObject } from '../http/json.js';

/** A message as this page shows it. `id` is its position. */
export interface ChatMessage {
  readonly id: string;
  readonly name: string;
  readonly text: string;
  readonly sentAt: Date;
  readonly edited?: boolean;
}

export function messageId(json: JsonObject): string {
  return stringOf(json['id']);
}

/** Undefined for anything but a chat message: another type, or other data. */
export function chatMessage(json: JsonObject): ChatMessage | undefined {
  const content = json['type'] === 'message' ? chatContent(json['data']) : undefined;
  if (content === undefined) return undefined;
  const sentAt = new Date(stringOf(json['createdAt']));
  if (Number.isNaN(sentAt.getTime())) return undefined;
  return { id: messageId(json), ...content, sentAt, edited: 'editedAt' in json };
}

/** What a chat message says, and who says it; undefined for other data. */
export function chatContent(data: unknown): Pick<ChatMessage, 'name' | 'text'> | undefined {
  if (!isObject(data)) return undefined;
  const { name, message: text } = data;
  return typeof name === 'string' && typeof text === 'string' ? { name, text } : undefined;
}
