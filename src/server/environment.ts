import { isIP } from 'node:net';
import proxyAddr from 'proxy-addr';
import { z } from 'zod';
import { redisContradictions, redisVariables } from './redis-environment.js';

const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min).max(max));

const seconds = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+(\.\d+)?$/, 'must be a number')
    .transform(Number)
    .pipe(z.number().min(min).max(max));

const origins = z
  .string()
  .transform((list) => list.split(',').map((origin) => origin.trim()))
  .pipe(z.array(z.string().refine(isOrigin, 'must be origins like https://app.example')));

function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

/** Proxies as Express' `trust proxy` has them: how many there are, or their addresses and networks. */
const proxies = z.union(
  [
    z
      .string()
      .regex(/^[1-9]\d?$/)
      .transform(Number),
    z
      .string()
      .transform((list) => list.split(',').map((one) => one.trim()))
      .pipe(z.array(z.string().refine(isNetwork))),
  ],
  {
    error: 'must be a number of proxies, or addresses, networks, loopback, linklocal, uniquelocal',
  },
);

/** What proxy-addr takes, but for its short forms of an address: `10` would be one, not a number of proxies. */
function isNetwork(text: string): boolean {
  const [address = ''] = text.split('/');
  if (!['loopback', 'linklocal', 'uniquelocal'].includes(text) && !isIP(address)) {
    return false;
  }
  try {
    proxyAddr.compile(text);
    return true;
  } catch {
    return false;
  }
}

/** Every variable that the server reads: `.env.example` explains them. */
export const environmentSchema = z
  .object({
    PORT: whole(0, 65_535).default(3000),
    HOST: z.string().min(1).default('0.0.0.0'),
    LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'log', 'debug', 'verbose']).default('log'),
    ...redisVariables,
    CORS_ORIGINS: origins.optional(),
    MAX_CONNECTIONS: whole(1, 1_000_000).default(20_000),
    MAX_CONNECTIONS_PER_ADDRESS: whole(1, 1_000_000).optional(),
    TRUST_PROXY: proxies.optional(),
    HEADER_TIMEOUT_SECONDS: seconds(0.1, 3600).default(10),
    REQUEST_TIMEOUT_SECONDS: seconds(0.1, 3600).default(30),
    KEEP_ALIVE_SECONDS: seconds(0.1, 3600).default(75),
    MAX_MESSAGE_BYTES: whole(256, 16 * 1024 * 1024).default(65_536),
    MAX_BATCH_BYTES: whole(256, 64 * 1024 * 1024).default(4 * 1024 * 1024),
    HISTORY_COUNT: whole(1, 1_000_000).default(1000),
    HISTORY_SECONDS: whole(1, 315_360_000).default(86_400),
    IDEMPOTENCY_SECONDS: whole(1, 86_400).default(300),
    HEARTBEAT_SECONDS: seconds(0.05, 3600).default(15),
    DRAIN_SECONDS: seconds(0, 3600).default(10),
    MAX_CHANNELS_PER_STREAM: whole(1, 250).default(100),
    MAX_FEEDS: whole(1, 10_000_000).default(50_000),
    FEED_LINGER_SECONDS: seconds(0, 3600).default(10),
    MAX_TOTAL_UNSENT_BYTES: whole(2 ** 20, 2 ** 40).default(128 * 1024 * 1024),
    COALESCE_MS: whole(0, 1000).default(4),
  })
  .superRefine((environment, context) => {
    for (const message of redisContradictions(environment)) {
      context.addIssue({ code: 'custom', message });
    }
  });

export type Environment = Readonly<z.output<typeof environmentSchema>>;

/**
 * The one place where the environment is read. A variable that is set and empty counts as not set.
 * @throws Error that names every variable that is not valid
 */
export function readEnvironment(variables: NodeJS.ProcessEnv): Environment {
  const set = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const result = environmentSchema.safeParse(set);
  if (!result.success) {
    const faults = result.error.issues.map(({ path, message }) =>
      path.length > 0 ? `${path.join('.')}: ${message}` : message,
    );
    throw new Error(faults.join('; '));
  }
  return Object.freeze(result.data);
}
