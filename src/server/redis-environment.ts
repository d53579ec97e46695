import type { z } from 'zod';
import { contradictions, hasServer, type RedisOptions } from '../config/redis-settings.js';
import type { environmentSchema } from './variables.js';

type Given = z.output<typeof environmentSchema>;

const NAMES = {
  url: 'REDIS_URL',
  cluster: 'REDIS_CLUSTER_NODES',
  sentinel: 'REDIS_SENTINELS',
  username: 'REDIS_USERNAME',
  password: 'REDIS_PASSWORD',
  tls: 'REDIS_TLS',
};

/** The contradictions between variables, one line each. */
export function redisContradictions(given: Given): string[] {
  const { redis } = given.options;
  const found = redis ? contradictions(redis, (option) => NAMES[option]) : [];
  const files = Object.keys(filesOf(given)).map((name) => `REDIS_TLS_${name.toUpperCase()}_FILE`);
  if (files.length > 0 && redis?.tls !== true && !redis?.url?.startsWith('rediss:')) {
    found.push(
      `${files.join(', ')}: of no use without TLS: set REDIS_TLS=true, or write rediss://`,
    );
  }
  const { nodes, name } = redis?.sentinel ?? {};
  if ((nodes === undefined) !== (name === undefined)) {
    found.push('REDIS_SENTINELS and REDIS_SENTINEL_NAME need each other');
  }
  return found;
}

/** The Redis options; undefined if no Redis is configured. */
export function redisOptionsOf(given: Given): RedisOptions | undefined {
  const { redis } = given.options;
  if (!redis || !hasServer(redis)) {
    return undefined;
  }
  const files = filesOf(given);
  const tls = Object.keys(files).length > 0 ? files : redis.tls;
  // The schema has checked that exactly one of the three is set.
  return { ...redis, tls } as RedisOptions;
}

/** The TLS files, under the names of Node's TLS options. */
function filesOf({
  REDIS_TLS_CA_FILE: ca,
  REDIS_TLS_CERT_FILE: cert,
  REDIS_TLS_KEY_FILE: key,
}: Given) {
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}
