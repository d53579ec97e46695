import { isObject, stringOf, type JsonObject } from '../http/json.js';
import { chatContent } from './chat-message.js';
import type { LogEntry } from './log-entry.js';

/** Changes the entries as an event of the server says; undefined for any other event. */
export type Moderation = (entries: readonly LogEntry[]) => readonly LogEntry[];

/** What this event does to the messages before it; undefined if it is a message itself. */
export function moderationOf({ type, data }: JsonObject): Moderation | undefined {
  const content = isObject(data) ? data : {};
  switch (type) {
    case 'stream.cleared':
      return () => [];
    case 'stream.deleted': {
      const ids = new Set(Array.isArray(content['ids']) ? (content['ids'] as unknown[]) : []);
      return (entries) => entries.filter((entry) => !ids.has(idOf(entry)));
    }
    case 'stream.edited': {
      const id = stringOf(content['id']);
      return (entries) =>
        entries.flatMap((entry) => (idOf(entry) === id ? edited(entry, content['data']) : entry));
    }
    default:
      return undefined;
  }
}

const idOf = (entry: LogEntry): string | undefined =>
  entry.kind === 'message' ? entry.message.id : undefined;

/** Nothing if it is no longer a chat message. */
function edited(entry: LogEntry, data: unknown): LogEntry[] {
  const content = chatContent(data);
  return entry.kind === 'message' && content !== undefined
    ? [{ ...entry, message: { ...entry.message, ...content, edited: true } }]
    : [];
}
