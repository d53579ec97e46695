import { computed, onScopeDispose, ref, shallowRef, type Ref } from 'vue';
import { parseObject } from '../http/json.js';
import { isSeen, parsePosition, type Position } from '../stream/position.js';
import { chatMessage, messageId, type ChatMessage } from './chat-message.js';
import { moderationOf, type Moderation } from './moderated.js';
import { appended, gapEntry, messageEntry, type LogEntry } from './log-entry.js';

/** How many entries the page holds while its reader follows, and while the reader looks back. */
const FOLLOWING_LIMIT = 2_000;
const READING_LIMIT = 4_000;

/** Renders everything that arrives within a frame at once, even in a tab that draws no frames. */
const FLUSH_MS = 16;

/** How long to wait for the newest message, which may be of a type that this page ignores. */
const CATCH_UP_MS = 1_000;

export interface MessageLog {
  readonly entries: Readonly<Ref<readonly LogEntry[]>>;
  /** Up to where `entries` reaches. */
  readonly seen: Readonly<Ref<Position | undefined>>;
  /** Position of the oldest message loaded, empty if there is none. */
  readonly oldestId: Readonly<Ref<string>>;
  /** False while the page loads what was there before it. */
  readonly caughtUp: Readonly<Ref<boolean>>;
  /** Whether the reader is at the newest message. */
  readonly following: Ref<boolean>;
  /** Whether the page holds all it can while the reader looks back. */
  readonly full: Readonly<Ref<boolean>>;
  /** How many messages have come since the page caught up. */
  readonly newsCount: Readonly<Ref<number>>;
  readonly begin: (start: string, newest: string) => void;
  readonly receive: (json: string) => void;
  readonly markGap: () => void;
  readonly prepend: (messages: readonly ChatMessage[], oldestId: string) => void;
}

/** The messages of one room that the page holds, oldest first, none twice. */
export function useMessageLog(): MessageLog {
  const entries = shallowRef<readonly LogEntry[]>([]);
  const seen = shallowRef<Position>();
  const oldestId = shallowRef('');
  const caughtUp = ref(false);
  const following = ref(true);
  const newsCount = ref(0);

  let arrived: LogEntry[] = [];
  let last: Position | undefined;
  let goal: Position | undefined;
  let flushTimer: ReturnType<typeof setTimeout> | undefined;
  let catchUpTimer: ReturnType<typeof setTimeout> | undefined;

  function arrive(entry: LogEntry): void {
    arrived.push(entry);
    flushSoon();
  }

  function flushSoon(): void {
    flushTimer ??= setTimeout(flush, FLUSH_MS);
  }

  function flush(): void {
    flushTimer = undefined;
    if (arrived.length > 0) {
      const limit = following.value ? FOLLOWING_LIMIT : READING_LIMIT;
      const all = appended(entries.value, arrived);
      entries.value = all.slice(-limit);
      if (all.length > limit) oldestId.value = firstMessageId(entries.value);
      if (caughtUp.value) newsCount.value += arrived.length;
      arrived = [];
    }
    seen.value = last;
    if (goal !== undefined && isSeen(goal, last)) caughtUp.value = true;
  }

  function begin(start: string, newest: string): void {
    const from = parsePosition(start);
    if (from !== undefined && from.epoch !== last?.epoch) last = from;
    goal = parsePosition(newest);
    clearTimeout(catchUpTimer);
    catchUpTimer = setTimeout(() => (caughtUp.value = true), CATCH_UP_MS);
    flushSoon();
  }

  function receive(text: string): void {
    const json = parseObject(text);
    const id = messageId(json);
    const position = parsePosition(id);
    if (position === undefined || isSeen(position, last)) return;
    last = position;
    oldestId.value ||= id;
    const message = chatMessage(json);
    const moderation = moderationOf(json);
    if (message !== undefined) arrive(messageEntry(message));
    else if (moderation !== undefined) moderate(moderation);
    else flushSoon();
  }

  function moderate(moderation: Moderation): void {
    flush();
    entries.value = moderation(entries.value);
  }

  function prepend(messages: readonly ChatMessage[], oldest: string): void {
    entries.value = [...messages.map(messageEntry), ...entries.value];
    oldestId.value = oldest;
  }

  onScopeDispose(() => {
    clearTimeout(flushTimer);
    clearTimeout(catchUpTimer);
  });

  return {
    entries,
    seen,
    oldestId,
    caughtUp,
    following,
    full: computed(() => entries.value.length >= READING_LIMIT),
    newsCount,
    begin,
    receive,
    markGap: () => arrive(gapEntry()),
    prepend,
  };
}

function firstMessageId(entries: readonly LogEntry[]): string {
  return entries.find((entry) => entry.kind === 'message')?.message.id ?? '';
}
