import type { StandardSchemaV1 } from '@standard-schema/spec';
import { z } from 'zod';
import { clientLimitsSchema, type ClientLimits } from './client-limits.js';

/** The type of an identity's claims if the app declares none of its own. */
export type UnknownClaims = Readonly<Record<string, unknown>>;

/** Who a request speaks for. */
export interface Identity<Claims = UnknownClaims> {
  /** Stable and unique, at most 256 characters; it becomes the `sender` of messages. */
  readonly id: string;
  /** What the app knows about it, such as roles, for access rules to use. Default none. */
  readonly claims?: Claims | undefined;
  /**
   * From then on its requests are refused with 401, and its streams end. They tell clients to come back, as some have a
   * new credential by then. Default never.
   */
  readonly expiresAt?: Date | undefined;
  /** The id of the token that it came with, by which that can be revoked. Default none. */
  readonly tokenId?: string | undefined;
  /** The id of the one-time ticket that it came with, likewise. Default none. */
  readonly ticketId?: string | undefined;
  /**
   * When its credential was issued. If the identity is revoked, what was issued before is refused. Default: always before.
   */
  readonly issuedAt?: Date | undefined;
  /** The only channels that it may use, whatever the policies say: those of a one-time ticket. Default all. */
  readonly channels?: readonly string[] | undefined;
  /** What it may use where a policy says `token`. Default nothing. */
  readonly grants?: Grants | undefined;
  /** Each replaces that limit of the policies; `false` lifts them all. Default: the limits of the policies. */
  readonly limits?: ClientLimits | false | undefined;
}

/** Patterns of the channels that an identity may use, in the syntax of policies. */
export interface Grants {
  readonly publish?: readonly string[] | undefined;
  readonly subscribe?: readonly string[] | undefined;
  readonly moderate?: readonly string[] | undefined;
}

/** Says who a request speaks for. An `IdentityPort` is one. */
export interface IdentitySource<Claims = UnknownClaims> {
  identify(request: object): Identity<Claims> | undefined | Promise<Identity<Claims> | undefined>;
}

/** A channel that a request wants to use. */
export interface AskedChannel {
  readonly channel: string;
  /** The values of the pattern's `:name` segments. */
  readonly params: Readonly<Record<string, string>>;
}

/** Who asks, and with which request. */
export interface Asker<Claims = UnknownClaims> {
  readonly identity: Identity<Claims> | undefined;
  /** The HTTP adapter's request, with everything that Express or Fastify add to it. */
  readonly request: {
    readonly headers: Readonly<Record<string, string | string[] | undefined>>;
    readonly query?: unknown;
  };
}

/** What an access rule decides on. */
export interface AccessRequest<Claims = UnknownClaims> extends AskedChannel, Asker<Claims> {}

/** What an access rule with `many` decides on. */
export interface BatchAccessRequest<Claims = UnknownClaims> extends Asker<Claims> {
  /** The channels of this pattern that the request names: one, unless it opens a stream of several. */
  readonly channels: readonly AskedChannel[];
}

/** An access rule that answers for all channels of its pattern in one call, for example with one database query. */
export interface BatchAccessRule<Claims = UnknownClaims> {
  /** Returns an answer for each channel, in their order. */
  many(request: BatchAccessRequest<Claims>): readonly boolean[] | Promise<readonly boolean[]>;
}

/**
 * Who may use a channel over Birdsong's HTTP routes: anyone, every request with an identity, every identity that was
 * granted a pattern for it (`token`), nobody, or those that a function allows. A function is called for each channel of
 * a stream, up to 32 at once; `{ many }` is called once for all of them. A rule that throws refuses with its error. An app's own calls (`birdsong.publish()`,
 * `birdsong.stream()`) ask no rule.
 */
export type AccessRule<Claims = UnknownClaims> =
  | 'anyone'
  | 'authenticated'
  | 'token'
  | 'nobody'
  | ((request: AccessRequest<Claims>) => boolean | Promise<boolean>)
  | BatchAccessRule<Claims>;

/** What a channel keeps for readers that come back. */
export interface HistoryLimits {
  /** The most messages that are kept, at least 1. Default 1000. */
  readonly count: number;
  /** Seconds for which a message is kept. Default 86,400 (24 hours). */
  readonly ageSeconds: number;
  /** The most bytes of messages that a channel keeps. The newest is kept, however large. Default no limit. */
  readonly bytes?: number | undefined;
  /**
   * The most bytes that all channels of this pattern take together, idle ones included. Beyond it, channels are dropped
   * whole, those that have had no message for longest first, and readers that come back to one are told of a gap. In a
   * Redis Cluster, each master has that much. Set it where anyone may send to any number of channels. Default no limit.
   */
  readonly totalBytes?: number | undefined;
}

/**
 * What happens to a reader for which more than `maxUnsentBytes` wait. Its stream pauses until it has taken them. `close`
 * then continues where it paused, and leaves nothing out. `drop-oldest` continues with the newest messages that fit.
 * `latest-only` continues with the newest message alone, whenever its socket was full. The latter two report what they
 * leave out with `stream.gap`. Whatever the rule, the stream of a reader that takes nothing for `heartbeatSeconds` ends,
 * and it resumes by its Last-Event-ID.
 */
export type SlowReaderRule = 'close' | 'drop-oldest' | 'latest-only';

/** The policy of the channels that match a pattern. */
export interface PolicyOptions<Claims = UnknownClaims> {
  /** Who may send. Default `nobody`. */
  readonly publish?: AccessRule<Claims> | undefined;
  /** Who may subscribe and read history. Default `nobody`. */
  readonly subscribe?: AccessRule<Claims> | undefined;
  /** Who may edit and delete messages. Default `nobody`. */
  readonly moderate?: AccessRule<Claims> | undefined;
  /**
   * What `data` must be: a schema of any library that implements Standard Schema (zod, valibot, arktype). Messages that
   * do not match are refused with 422, and the schema's output is what is published. Default: any JSON.
   */
  readonly data?: StandardSchemaV1 | undefined;
  readonly history?: Partial<HistoryLimits> | undefined;
  /** What happens to a reader that does not read. Default `close`. */
  readonly slowReader?: SlowReaderRule | undefined;
  /** How much one client may do. Default no limits. */
  readonly limits?: ClientLimits | undefined;
}

/** A policy with its defaults filled in. */
export interface Policy {
  readonly pattern: string;
  readonly publish: AccessRule;
  readonly subscribe: AccessRule;
  readonly moderate: AccessRule;
  readonly data: StandardSchemaV1 | undefined;
  readonly history: HistoryLimits;
  readonly slowReader: SlowReaderRule;
  readonly limits: ClientLimits;
}

export const DEFAULT_HISTORY: HistoryLimits = Object.freeze({ count: 1000, ageSeconds: 86_400 });

/** A tebibyte. */
const MAX_HISTORY_BYTES = 2 ** 40;

const accessRule = z
  .custom<AccessRule>(
    (rule) =>
      ['anyone', 'authenticated', 'token', 'nobody'].includes(rule as string) ||
      isFunction(rule) ||
      isFunction((rule as { many?: unknown } | null)?.many),
    { error: "must be 'anyone', 'authenticated', 'token', 'nobody', a function or { many }" },
  )
  .default('nobody');

const policySchema = z.strictObject({
  publish: accessRule,
  subscribe: accessRule,
  moderate: accessRule,
  data: z
    .custom<StandardSchemaV1>(
      (schema) => isFunction((schema as StandardSchemaV1 | null)?.['~standard']?.validate),
      { error: 'must be a schema that implements Standard Schema' },
    )
    .optional(),
  history: z
    .strictObject({
      count: z.number().int().min(1).max(1_000_000).default(DEFAULT_HISTORY.count),
      ageSeconds: z.number().int().min(1).max(315_360_000).default(DEFAULT_HISTORY.ageSeconds),
      bytes: z.number().int().min(1024).max(MAX_HISTORY_BYTES).optional(),
      totalBytes: z.number().int().min(65_536).max(MAX_HISTORY_BYTES).optional(),
    })
    .prefault({}),
  slowReader: z.enum(['close', 'drop-oldest', 'latest-only']).default('close'),
  limits: clientLimitsSchema.default({}),
});

/** @throws Error that names the option, if a value is not valid */
export function resolvePolicy(pattern: string, options: PolicyOptions): Policy {
  const result = policySchema.safeParse(options);
  if (!result.success) {
    const faults = result.error.issues.map(
      ({ path, message }) =>
        `channels["${pattern}"]${path.map((key) => `.${String(key)}`).join('')}: ${message}`,
    );
    throw new Error(`Birdsong: ${faults.join('; ')}`);
  }
  const { publish, subscribe, moderate, data, history, slowReader, limits } = result.data;
  return Object.freeze({
    pattern,
    publish,
    subscribe,
    moderate,
    data,
    history: Object.freeze(history),
    slowReader,
    limits: Object.freeze(limits),
  });
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}
