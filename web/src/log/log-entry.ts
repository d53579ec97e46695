import type { ChatMessage } from './chat-message.js';

/** Stands where messages are missing that the server no longer keeps. */
export interface LogGap {
  readonly kind: 'gap';
  readonly key: string;
}

export interface LogMessage {
  readonly kind: 'message';
  readonly key: string;
  readonly message: ChatMessage;
}

export type LogEntry = LogGap | LogMessage;

let gapCount = 0;

export function gapEntry(): LogGap {
  gapCount += 1;
  return { kind: 'gap', key: `gap-${gapCount}` };
}

export function messageEntry(message: ChatMessage): LogMessage {
  return { kind: 'message', key: message.id, message };
}

/** `entries` followed by `more`. Two adjacent gaps become one. */
export function appended(entries: readonly LogEntry[], more: readonly LogEntry[]): LogEntry[] {
  const all = [...entries];
  for (const entry of more) {
    if (entry.kind === 'gap' && all.at(-1)?.kind === 'gap') continue;
    all.push(entry);
  }
  return all;
}
