import type { StandardSchemaV1 } from '@standard-schema/spec';
import { z } from 'zod';

/** What an app knows of an identity, unless it says so by a type of its own. */
export type UnknownClaims = Readonly<Record<string, unknown>>;

/** Who a request speaks for. */
export interface Identity<Claims = UnknownClaims> {
  /** Stable and unique, at most 256 characters; it becomes the `sender` of messages. */
  readonly id: string;
  /** What the app knows of it, such as roles, for access rules to decide by. Default none. */
  readonly claims?: Claims | undefined;
  /** From then on it speaks for nobody: requests are refused with 401. Default never. */
  readonly expiresAt?: Date | undefined;
}

/** Whoever says who a request speaks for: an `IdentityPort`. */
export interface IdentitySource<Claims = UnknownClaims> {
  identify(request: object): Identity<Claims> | undefined | Promise<Identity<Claims> | undefined>;
}

/** A channel that an access rule is asked for. */
export interface AskedChannel {
  readonly channel: string;
  /** The values of the pattern's `:name` segments. */
  readonly params: Readonly<Record<string, string>>;
}

/** Who asks. */
export interface Asker<Claims = UnknownClaims> {
  readonly identity: Identity<Claims> | undefined;
  /** The request as the HTTP adapter has it: of Express or Fastify, with all that they know of it. */
  readonly request: {
    readonly headers: Readonly<Record<string, string | string[] | undefined>>;
    readonly query?: unknown;
  };
}

/** What an access rule decides on. */
export interface AccessRequest<Claims = UnknownClaims> extends AskedChannel, Asker<Claims> {}

/** What an access rule with `many` decides on. */
export interface BatchAccessRequest<Claims = UnknownClaims> extends Asker<Claims> {
  /** All channels of the pattern that the request names: one, unless it opens a stream of several. */
  readonly channels: readonly AskedChannel[];
}

/** An access rule that answers for all channels of its pattern in one call: by one question to a database, say. */
export interface BatchAccessRule<Claims = UnknownClaims> {
  /** An answer for each of the channels, in their order. */
  many(request: BatchAccessRequest<Claims>): readonly boolean[] | Promise<readonly boolean[]>;
}

/**
 * Who may use a channel over Birdsong's HTTP routes: everybody, every request with an identity, nobody, or who a
 * function says. A function is asked for each channel of a stream, up to 32 at once; `{ many }` once for all. One that
 * throws refuses with its error. What an app does itself (`birdsong.publish()`, `birdsong.stream()`) is not asked.
 */
export type AccessRule<Claims = UnknownClaims> =
  | 'anyone'
  | 'authenticated'
  | 'nobody'
  | ((request: AccessRequest<Claims>) => boolean | Promise<boolean>)
  | BatchAccessRule<Claims>;

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
export interface PolicyOptions<Claims = UnknownClaims> {
  /** Who may send. Default `nobody`. */
  readonly publish?: AccessRule<Claims> | undefined;
  /** Who may subscribe and read history. Default `nobody`. */
  readonly subscribe?: AccessRule<Claims> | undefined;
  /**
   * What `data` must be: a schema of any library that speaks Standard Schema (zod, valibot, arktype).
   * Default: any JSON. Sends that do not fit are refused with 422; the schema's output is published.
   */
  readonly data?: StandardSchemaV1 | undefined;
  readonly history?: Partial<HistoryLimits> | undefined;
  /** Default `close`. */
  readonly slowReader?: SlowReaderRule | undefined;
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

const accessRule = z
  .custom<AccessRule>(
    (rule) =>
      ['anyone', 'authenticated', 'nobody'].includes(rule as string) ||
      isFunction(rule) ||
      isFunction((rule as { many?: unknown } | null)?.many),
    { error: "must be 'anyone', 'authenticated', 'nobody', a function or { many }" },
  )
  .default('nobody');

const policySchema = z.strictObject({
  publish: accessRule,
  subscribe: accessRule,
  data: z
    .custom<StandardSchemaV1>(
      (schema) => isFunction((schema as StandardSchemaV1 | null)?.['~standard']?.validate),
      { error: 'must be a schema that speaks Standard Schema' },
    )
    .optional(),
  history: z
    .strictObject({
      count: z.number().int().min(1).max(1_000_000).default(DEFAULT_HISTORY.count),
      ageSeconds: z.number().int().min(1).max(315_360_000).default(DEFAULT_HISTORY.ageSeconds),
    })
    .prefault({}),
  slowReader: z.enum(['close', 'drop-oldest', 'latest-only']).default('close'),
});

/** @throws Error that names the option, when a value is not valid */
export function resolvePolicy(pattern: string, options: PolicyOptions): Policy {
  const result = policySchema.safeParse(options);
  if (!result.success) {
    const faults = result.error.issues.map(
      ({ path, message }) =>
        `channels["${pattern}"]${path.map((key) => `.${String(key)}`).join('')}: ${message}`,
    );
    throw new Error(`Birdsong: ${faults.join('; ')}`);
  }
  const { publish, subscribe, data, history, slowReader } = result.data;
  return Object.freeze({
    pattern,
    publish,
    subscribe,
    data,
    history: Object.freeze(history),
    slowReader,
  });
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}
