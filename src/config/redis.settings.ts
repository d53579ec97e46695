import type { ConnectionOptions } from 'node:tls';
import { z } from 'zod';

/** Nothing is to be compared with what is no URL. */
export const redisUrl = z.url({
  protocol: /^rediss?$/,
  error: 'must be redis://… or rediss://…',
  abort: true,
});

export const keyPrefix = z
  .string()
  .regex(/^[\w:-]{1,64}$/, 'must be 1 to 64 characters of A-Z a-z 0-9 _ - :')
  .default('birdsong');

export const commandTimeoutMs = z.number().int().min(10).max(60_000).default(3000);
export const waitForReplicas = z.number().int().min(0).max(100).default(0);
export const probeIntervalMs = z.number().int().min(100).max(600_000).default(5000);

const redisAddresses = z
  .array(z.strictObject({ host: z.string().min(1), port: z.number().int().min(1).max(65_535) }))
  .min(1, 'must name at least one node');

const name = z.string().min(1);
const credentials = { username: name.optional(), password: name.optional() };

/** How to reach Redis, with every default in its place. */
export const redisSchema = z
  .strictObject({
    url: redisUrl.optional(),
    cluster: redisAddresses.optional(),
    sentinel: z
      .strictObject({
        name,
        nodes: redisAddresses,
        credentials: z.strictObject(credentials).optional(),
      })
      .optional(),
    ...credentials,
    tls: z
      .union([
        z.boolean(),
        z.custom<ConnectionOptions>((value) => typeof value === 'object' && value !== null),
      ])
      .optional(),
    keyPrefix,
    commandTimeoutMs,
    waitForReplicas,
    probeIntervalMs,
  })
  .superRefine((redis, context) => {
    const names = { url: 'url', cluster: 'cluster', sentinel: 'sentinel' };
    for (const message of contradictions(
      { ...redis, sentinels: redis.sentinel?.nodes },
      { ...names, username: 'username', password: 'password', tls: 'tls' },
    )) {
      context.addIssue({ code: 'custom', message });
    }
    if (!redis.url && !redis.cluster && !redis.sentinel) {
      context.addIssue({ code: 'custom', message: 'needs one of url, cluster and sentinel' });
    }
  });

export type RedisSettings = Readonly<z.output<typeof redisSchema>>;

interface Given {
  readonly url?: string | undefined;
  readonly cluster?: z.output<typeof redisAddresses> | undefined;
  readonly sentinels?: z.output<typeof redisAddresses> | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly tls?: unknown;
}

/** What whoever sets these calls them. */
type Names = Readonly<
  Record<'url' | 'cluster' | 'sentinel' | 'username' | 'password' | 'tls', string>
>;

/** What cannot hold at once, each with both values, but for passwords. */
export function contradictions(given: Given, names: Names): string[] {
  const kinds = [
    ...(given.url === undefined ? [] : [`${names.url} (${withoutSecret(given.url)})`]),
    ...(given.cluster === undefined ? [] : [`${names.cluster} (${list(given.cluster)})`]),
    ...(given.sentinels === undefined ? [] : [`${names.sentinel} (${list(given.sentinels)})`]),
  ];
  const found = kinds.length > 1 ? [`${kinds.join(' and ')} contradict each other: set one`] : [];
  if (given.username !== undefined && given.password === undefined) {
    found.push(`${names.username} (${given.username}) needs ${names.password}`);
  }
  return given.url === undefined
    ? found
    : [...found, ...contradictionsOfUrl(given.url, given, names)];
}

function contradictionsOfUrl(text: string, given: Given, names: Names): string[] {
  const url = new URL(text);
  const shown = `${names.url} (${withoutSecret(text)})`;
  const found = [];
  if ((url.username || url.password) && given.password !== undefined) {
    found.push(`${shown} has a password, and ${names.password} is set too: set one`);
  }
  if (given.tls !== undefined && Boolean(given.tls) !== (url.protocol === 'rediss:')) {
    found.push(
      given.tls
        ? `${names.tls} contradicts ${shown}, which is without TLS: write rediss://`
        : `${names.tls} (false) contradicts ${shown}, which is with TLS: write redis://`,
    );
  }
  return found;
}

const list = (addresses: readonly { host: string; port: number }[]): string =>
  addresses.map(({ host, port }) => `${host}:${port}`).join(',');

function withoutSecret(text: string): string {
  const { protocol, host } = new URL(text);
  return `${protocol}//${host}`;
}
