import type { ChatMessage } from './chat-message.js';
import { dayText, isSameDay } from './day-and-time.js';
import type { LogEntry } from './log-entry.js';

export interface GapRow {
  readonly kind: 'gap';
  readonly key: string;
}

export interface DayRow {
  readonly kind: 'day';
  readonly key: string;
  readonly text: string;
}

export interface MessageRow {
  readonly kind: 'message';
  readonly key: string;
  readonly message: ChatMessage;
  /** Whether it continues what the same person said just before. */
  readonly continued: boolean;
}

export type LogRow = GapRow | DayRow | MessageRow;

const CONTINUED_MS = 5 * 60_000;

/** What the log shows, line by line. */
export function logRows(entries: readonly LogEntry[]): LogRow[] {
  const now = new Date();
  const rows: LogRow[] = [];
  let day: Date | undefined;
  let previous: ChatMessage | undefined;

  for (const entry of entries) {
    if (entry.kind === 'gap') {
      rows.push(entry);
      previous = undefined;
      continue;
    }
    const { message, key } = entry;
    if (day === undefined || !isSameDay(day, message.sentAt)) {
      day = message.sentAt;
      previous = undefined;
      rows.push({ kind: 'day', key: `day-${key}`, text: dayText(day, now) });
    }
    rows.push({ kind: 'message', key, message, continued: isContinued(message, previous) });
    previous = message;
  }
  return rows;
}

export function isContinued(message: ChatMessage, previous: ChatMessage | undefined): boolean {
  if (previous?.name !== message.name) return false;
  return message.sentAt.getTime() - previous.sentAt.getTime() < CONTINUED_MS;
}
