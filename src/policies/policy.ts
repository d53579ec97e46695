import type { StandardSchemaV1 } from '@standard-schema/spec';

/** Who a request speaks for. */
export interface Identity {
  /** Stable and unique; it becomes the `sender` of messages. */
  readonly id: string;
}

/** What an access rule decides on. */
export interface AccessRequest {
  readonly channel: string;
  /** The values of the pattern's `:name` segments. */
  readonly params: Readonly<Record<string, string>>;
  readonly identity: Identity | undefined;
}

/**
 * Who may use a channel over Birdsong's HTTP routes: everybody, every request with an identity, nobody,
 * or who a function says. What an app does itself (`birdsong.publish()`, `birdsong.stream()`) is not
 * asked.
 */
export type AccessRule =
  'anyone' | 'authenticated' | 'nobody' | ((request: AccessRequest) => boolean | Promise<boolean>);

/** What a channel keeps for readers that come back. */
export interface HistoryLimits {
  /** Messages kept, at least 1. Default 1000. */
  readonly count: number;
  /** Seconds for which a message is kept. Default 86,400 (24 hours). */
  readonly ageSeconds: number;
}

/**
 * What becomes of a reader for whom more waits than it may (`maxUnsentBytes`). `close`: its stream ends with
 * what its socket still takes, and it resumes by its Last-Event-ID. `drop-oldest`: once it reads again, it goes
 * on with the newest messages that fit. `latest-only`: it goes on with the newest message alone, and does so
 * whenever its socket is full. What the latter two leave out is told by `stream.gap`.
 */
export type SlowReaderRule = 'close' | 'drop-oldest' | 'latest-only';

/** What holds for the channels that match a pattern. */
export interface PolicyOptions {
  /** Who may send. Default `nobody`. */
  readonly publish?: AccessRule;
  /** Who may subscribe and read history. Default `nobody`. */
  readonly subscribe?: AccessRule;
  /**
   * What `data` must be: a schema of any library that speaks Standard Schema (zod, valibot, arktype).
   * Default: any JSON. Sends that do not fit are refused with 422; the schema's output is published.
   */
  readonly data?: StandardSchemaV1;
  readonly history?: Partial<HistoryLimits>;
  /** Default `close`. */
  readonly slowReader?: SlowReaderRule;
}

/** A policy with every default in its place. */
export interface Policy {
  readonly pattern: string;
  readonly publish: AccessRule;
  readonly subscribe: AccessRule;
  readonly data: StandardSchemaV1 | undefined;
  readonly history: HistoryLimits;
  readonly slowReader: SlowReaderRule;
}

export const DEFAULT_HISTORY: HistoryLimits = Object.freeze({ count: 1000, ageSeconds: 86_400 });

/** @throws Error that names the option, when a value is out of its range */
export function resolvePolicy(pattern: string, options: PolicyOptions): Policy {
  const history = { ...DEFAULT_HISTORY, ...options.history };
  requireRange(pattern, 'history.count', history.count, 1_000_000);
  requireRange(pattern, 'history.ageSeconds', history.ageSeconds, 10 * 365 * 86_400);
  return Object.freeze({
    pattern,
    publish: options.publish ?? 'nobody',
    subscribe: options.subscribe ?? 'nobody',
    data: options.data,
    history: Object.freeze(history),
    slowReader: requireRule(pattern, options.slowReader ?? 'close'),
  });
}

function requireRange(pattern: string, option: string, value: number, most: number): void {
  if (!Number.isInteger(value) || value < 1 || value > most) {
    throw new Error(
      `Birdsong: channels["${pattern}"].${option} is ${value}, not a whole number from 1 to ${most}.`,
    );
  }
}

const SLOW_READER_RULES: readonly SlowReaderRule[] = ['close', 'drop-oldest', 'latest-only'];

function requireRule(pattern: string, rule: SlowReaderRule): SlowReaderRule {
  if (!SLOW_READER_RULES.includes(rule)) {
    throw new Error(
      `Birdsong: channels["${pattern}"].slowReader is "${rule}", none of ${SLOW_READER_RULES.join(', ')}.`,
    );
  }
  return rule;
}
