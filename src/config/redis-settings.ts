import type { z } from 'zod';
import type { RedisAddress, RedisCommonOptions, RedisServers } from './redis-options.js';
import { redisFields } from './redis-schema.js';

type ExactlyOne<T> = {
  [One in keyof T]: Pick<T, One> & { readonly [Other in Exclude<keyof T, One>]?: undefined };
}[keyof T];

/** How Birdsong reaches Redis (7.0 or newer): exactly one of `url`, `cluster` and `sentinel`. */
export type RedisOptions = ExactlyOne<RedisServers> & RedisCommonOptions;

/** How to reach Redis, with the defaults filled in. */
export type RedisSettings = Readonly<z.output<typeof redisFields>>;

/** The number of the database: only a URL can name one. */
export function databaseOf({ url }: Pick<RedisSettings, 'url'>): number {
  const { pathname = '', searchParams } = url === undefined ? {} : new URL(url);
  return Number(pathname.slice(1) || searchParams?.get('db') || 0);
}

export const redisSchema = redisFields
  .superRefine((redis, context) => {
    for (const message of contradictions(redis, (name) => name)) {
      context.addIssue({ code: 'custom', message });
    }
    if (!hasServer(redis)) {
      context.addIssue({ code: 'custom', message: 'needs one of url, cluster and sentinel' });
    }
  })
  .readonly() as z.ZodType<RedisSettings, RedisOptions>;

/** Options as given. Sentinels are recognised by their addresses. */
type Given = Omit<RedisSettings, 'sentinel'> & {
  readonly sentinel?: { readonly nodes?: readonly RedisAddress[] | undefined } | undefined;
};

export const hasServer = ({ url, cluster, sentinel }: Given): boolean =>
  [url, cluster, sentinel?.nodes].some((server) => server !== undefined);

/** Returns the name that the user knows an option by. */
type NameOf = (option: 'url' | 'cluster' | 'sentinel' | 'username' | 'password' | 'tls') => string;

/** The contradictions between options. Each names both values, but never a password. */
export function contradictions(redis: Given, nameOf: NameOf): string[] {
  const { url, cluster, sentinel, username, password } = redis;
  const servers = [
    ...(url === undefined ? [] : [`${nameOf('url')} (${withoutSecret(url)})`]),
    ...(cluster === undefined ? [] : [`${nameOf('cluster')} (${list(cluster)})`]),
    ...(sentinel?.nodes ? [`${nameOf('sentinel')} (${list(sentinel.nodes)})`] : []),
  ];
  const found =
    servers.length > 1 ? [`${servers.join(' and ')} contradict each other: set one`] : [];
  if (username !== undefined && password === undefined) {
    found.push(`${nameOf('username')} (${username}) needs ${nameOf('password')}`);
  }
  return url === undefined ? found : [...found, ...contradictionsOfUrl(url, redis, nameOf)];
}

function contradictionsOfUrl(text: string, { password, tls }: Given, nameOf: NameOf): string[] {
  const url = new URL(text);
  const shown = `${nameOf('url')} (${withoutSecret(text)})`;
  const found = [];
  if ((url.username || url.password) && password !== undefined) {
    found.push(`${shown} has a password, and ${nameOf('password')} is set too: set one`);
  }
  if (tls !== undefined && Boolean(tls) !== (url.protocol === 'rediss:')) {
    found.push(
      tls
        ? `${nameOf('tls')} contradicts ${shown}, which is without TLS: write rediss://`
        : `${nameOf('tls')} (false) contradicts ${shown}, which is with TLS: write redis://`,
    );
  }
  return found;
}

const list = (addresses: readonly RedisAddress[]): string =>
  addresses.map(({ host, port }) => `${host}:${port}`).join(',');

function withoutSecret(text: string): string {
  const { protocol, host } = new URL(text);
  return `${protocol}//${host}`;
}
