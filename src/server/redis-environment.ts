import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { RedisAddress, RedisOptions } from '../config/redis.options.js';
import {
  commandTimeoutMs,
  contradictions,
  keyPrefix,
  probeIntervalMs,
  redisUrl,
  waitForReplicas,
} from '../config/redis.settings.js';

const addresses = z.string().transform((list, context) => list.split(',').map(parse(context)));

function parse(context: z.RefinementCtx) {
  return (text: string): RedisAddress => {
    const address = `tcp://${text.trim()}`;
    const url = URL.canParse(address) ? new URL(address) : undefined;
    if (!url?.hostname || !url.port || url.host !== text.trim().toLowerCase()) {
      context.addIssue({
        code: 'custom',
        message: `must be host:port,host:port: "${text.trim()}"`,
      });
    }
    return {
      // Without the brackets of an IPv6 address.
      host: url?.hostname.replace(/^\[|\]$/g, '') ?? '',
      port: Number(url?.port),
    };
  };
}

const text = z.string();

const whole = z.string().regex(/^\d+$/, 'must be a whole number').transform(Number).optional();

const file = z.string().transform((path, context) => {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    context.addIssue({ code: 'custom', message: `cannot be read (${code ?? '?'}): ${path}` });
    return z.NEVER;
  }
});

/** The variables that say how to reach Redis: `.env.example` explains them. */
export const redisVariables = {
  REDIS_URL: redisUrl.optional(),
  REDIS_CLUSTER_NODES: addresses.optional(),
  REDIS_SENTINELS: addresses.optional(),
  REDIS_SENTINEL_NAME: text.optional(),
  REDIS_SENTINEL_USERNAME: text.optional(),
  REDIS_SENTINEL_PASSWORD: text.optional(),
  REDIS_USERNAME: text.optional(),
  REDIS_PASSWORD: text.optional(),
  REDIS_TLS: z.stringbool({ truthy: ['true'], falsy: ['false'] }).optional(),
  REDIS_TLS_CA_FILE: file.optional(),
  REDIS_TLS_CERT_FILE: file.optional(),
  REDIS_TLS_KEY_FILE: file.optional(),
  REDIS_KEY_PREFIX: keyPrefix,
  REDIS_COMMAND_TIMEOUT_MS: whole.pipe(commandTimeoutMs),
  REDIS_WAIT_FOR_REPLICAS: whole.pipe(waitForReplicas),
  REDIS_PROBE_INTERVAL_MS: whole.pipe(probeIntervalMs),
};

type RedisEnvironment = Readonly<z.output<z.ZodObject<typeof redisVariables>>>;

const NAMES = {
  url: 'REDIS_URL',
  cluster: 'REDIS_CLUSTER_NODES',
  sentinel: 'REDIS_SENTINELS',
  username: 'REDIS_USERNAME',
  password: 'REDIS_PASSWORD',
  tls: 'REDIS_TLS',
};

/** What cannot hold at once. */
export function redisContradictions(environment: RedisEnvironment): string[] {
  const found = contradictions(
    {
      url: environment.REDIS_URL,
      cluster: environment.REDIS_CLUSTER_NODES,
      sentinels: environment.REDIS_SENTINELS,
      username: environment.REDIS_USERNAME,
      password: environment.REDIS_PASSWORD,
      tls: environment.REDIS_TLS,
    },
    NAMES,
  );
  const files = Object.keys(filesOf(environment)).map(
    (name) => `REDIS_TLS_${name.toUpperCase()}_FILE`,
  );
  if (files.length > 0 && !hasTls(environment)) {
    found.push(
      `${files.join(', ')}: of no use without TLS: set REDIS_TLS=true, or write rediss://`,
    );
  }
  if (
    (environment.REDIS_SENTINELS === undefined) !==
    (environment.REDIS_SENTINEL_NAME === undefined)
  ) {
    found.push('REDIS_SENTINELS and REDIS_SENTINEL_NAME need each other');
  }
  return found;
}

/** Which Redis is meant; nothing if none is. */
export function redisOptionsOf(environment: RedisEnvironment): RedisOptions | undefined {
  const files = filesOf(environment);
  const common = {
    username: environment.REDIS_USERNAME,
    password: environment.REDIS_PASSWORD,
    tls: Object.keys(files).length > 0 ? files : environment.REDIS_TLS,
    keyPrefix: environment.REDIS_KEY_PREFIX,
    commandTimeoutMs: environment.REDIS_COMMAND_TIMEOUT_MS,
    waitForReplicas: environment.REDIS_WAIT_FOR_REPLICAS,
    probeIntervalMs: environment.REDIS_PROBE_INTERVAL_MS,
  };
  const { REDIS_URL: url, REDIS_CLUSTER_NODES: cluster, REDIS_SENTINELS: nodes } = environment;
  if (url !== undefined) {
    return { url, ...common };
  }
  if (cluster) {
    return { cluster, ...common };
  }
  return nodes && { sentinel: sentinelOf(nodes, environment), ...common };
}

function sentinelOf(nodes: readonly RedisAddress[], environment: RedisEnvironment) {
  return {
    name: environment.REDIS_SENTINEL_NAME ?? '',
    nodes,
    credentials: {
      username: environment.REDIS_SENTINEL_USERNAME,
      password: environment.REDIS_SENTINEL_PASSWORD,
    },
  };
}

function hasTls({ REDIS_TLS, REDIS_URL }: RedisEnvironment): boolean {
  return REDIS_TLS === true || REDIS_URL?.startsWith('rediss:') === true;
}

/** As Node's TLS takes them. */
function filesOf(environment: RedisEnvironment) {
  const { REDIS_TLS_CA_FILE: ca, REDIS_TLS_CERT_FILE: cert, REDIS_TLS_KEY_FILE: key } = environment;
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}
