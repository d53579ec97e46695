import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import proxyAddr from 'proxy-addr';
import { z } from 'zod';
import { birdsongSchema } from '../config/birdsong-schema.js';
import { fraction, innermost, nonEmpty, notesOf, oneOf, option, whole } from '../config/option.js';
import type { OptionNotes } from '../config/option.js';
import { parseApiKeys } from './api-keys-text.js';
import { redisFields, redisServers } from '../config/redis-schema.js';

const origins = z
  .string()
  .transform((list) => list.split(',').map((origin) => origin.trim()))
  .pipe(z.array(z.string().refine(isOrigin, 'must be origins like https://app.example')));

function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

/** Proxies as in Express's `trust proxy`: how many there are, or their addresses and networks. */
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

/** What proxy-addr accepts, except short forms of an address: `10` would be one, and not a number of proxies. */
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

const list = z
  .string()
  .transform((text) => text.split(',').map((one) => one.trim()))
  .pipe(z.array(z.string().min(1, 'must not have an empty entry')));

const publicKeys = z
  .string()
  .transform((text): string[] => text.replaceAll(String.raw`\n`, '\n').match(PEM) ?? [])
  .pipe(z.array(z.string()).min(1, 'must be PEM: -----BEGIN PUBLIC KEY-----'));

const PEM = /-----BEGIN [A-Z ]+-----[^-]+-----END [A-Z ]+-----/g;

const apiKeys = z.string().transform((text, context) => {
  try {
    return parseApiKeys(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
    return z.NEVER;
  }
});

const sendsPerSecond = fraction(0, 1_000_000).refine((rate) => rate === 0 || rate >= 0.001, {
  error: 'must be 0, or 0.001 at least',
});

const file = z.string().transform((path, context) => {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    context.addIssue({ code: 'custom', message: `cannot be read (${code ?? '?'}): ${path}` });
    return z.NEVER;
  }
});

/** Every variable that only the server has, by its name. Run `npm run options` after a change. */
const serverSchema = z.object({
  PORT: option(whole(0, 65_535).default(3000), {
    text: 'TCP port to listen on. 0 takes any free one.',
  }),
  HOST: option(nonEmpty().default('0.0.0.0'), {
    text: 'Address to listen on. 127.0.0.1 is for this machine only; :: includes IPv6.',
  }),
  LOG_LEVEL: option(oneOf(['fatal', 'error', 'warn', 'log', 'debug', 'verbose']).default('log'), {
    text: 'The least important lines to log.',
  }),
  LOG_FORMAT: option(oneOf(['text', 'json']).default('text'), {
    text: '`text` for people, or `json`: each line is one JSON object with `level`, `timestamp` (milliseconds), `message` and `context`.',
  }),
  CORS_ORIGINS: option(origins.optional(), {
    example: 'https://app.example.com,https://admin.example.com',
    text: 'Origins whose pages may use this server, with credentials, separated by commas.',
    unset: 'its own origin only',
  }),
  JWT_SECRET: option(nonEmpty().optional(), {
    text: 'Secret with which tokens are signed (HS256, HS384, HS512): at least 32 bytes. Any of `JWT_SECRET`, `JWT_PUBLIC_KEY` and `JWT_JWKS_URL` turns tokens on; docs/security.md explains them.',
    unset: 'no such tokens',
  }),
  JWT_PUBLIC_KEY: option(publicKeys.optional(), {
    text: 'Public keys of the issuer as PEM, one after the other (RS256 to PS512, ES256 to ES512, EdDSA). Line breaks may be written as `\\n`.',
    unset: 'no such tokens',
  }),
  JWT_JWKS_URL: option(nonEmpty().optional(), {
    example: 'https://login.example.com/.well-known/jwks.json',
    text: 'Where the public keys of the issuer are published, as a JSON Web Key Set.',
    unset: 'no such tokens',
  }),
  JWT_ISSUER: option(list.optional(), {
    example: 'https://login.example.com/',
    text: 'What the claim `iss` of a token may be; several are separated by commas.',
    unset: 'anything',
  }),
  JWT_AUDIENCE: option(list.optional(), {
    example: 'birdsong',
    text: 'What the claim `aud` of a token must name, one of several that are separated by commas.',
    unset: 'anything',
  }),
  JWT_COOKIE: option(
    z
      .string()
      .regex(/^[\w.-]+$/, 'must be the name of a cookie')
      .optional(),
    {
      example: '__Host-token',
      text: 'Name of a cookie that may hold the token, for pages. Set it `HttpOnly; Secure; SameSite=Lax`.',
      unset: 'no cookie counts',
    },
  ),
  JWT_CLAIM: option(nonEmpty().default('birdsong'), {
    text: 'The claim that says what a token may do: `{ publish, subscribe, moderate, name, admin, limits }`.',
  }),
  JWT_CLOCK_TOLERANCE_SECONDS: option(fraction(0, 3600).default(5), {
    text: "Seconds by which the issuer's clock may be ahead, for the claim `nbf`.",
  }),
  SIGN_IN: option(oneOf(['off', 'development']).default('off'), {
    text: '`development`: the chat page signs in under the name that its user chooses, and so may anyone, as anyone. Needs `JWT_SECRET`. Never use it where others can reach the server.',
  }),
  API_KEYS: option(apiKeys.optional(), {
    text: 'Keys of servers that publish, separated by spaces, each with its hash and its patterns. `birdsong keys` makes one.',
    unset: 'no keys',
  }),
  ANONYMOUS: option(oneOf(['chat', 'off']).default('chat'), {
    text: 'What clients without a token may do: use `chat.:room` and `public.*`, or nothing. `off` needs tokens or API keys.',
  }),
  MAX_CONNECTIONS: option(whole(1, 1_000_000).default(20_000), {
    text: 'The most connections of one process. Nine tenths of them may be readers (streams and waiting long-polls); further readers get 503. The rest is for sends and health checks. Each connection takes a file descriptor (`ulimit -n`).',
  }),
  MAX_CONNECTIONS_PER_ADDRESS: option(whole(1, 1_000_000).optional(), {
    example: '200',
    text: 'The most requests under way, streams included, from one IPv4 address or IPv6 /64 network; further ones get 429. Behind a proxy, set `TRUST_PROXY` too, or all clients count as one. Many people may share an address.',
    unset: 'no limit',
  }),
  MAX_SENDS_PER_SECOND: option(sendsPerSecond.default(50), {
    text: 'The most messages per second, in the long run, that one client may send to the channels of one pattern, on all nodes together. A client is an identity or, without one, an IPv4 address or IPv6 /64 network. Further ones get 429. API keys, and tokens that say so, are exempt. 0: no limit.',
  }),
  MAX_SEND_BURST: option(whole(1, 1_000_000).default(200), {
    text: 'How many of these messages may come at once, after a time without any.',
  }),
  MAX_BYTES_PER_MINUTE: option(whole(0, 1_000_000_000).default(16 * 1024 * 1024), {
    text: 'The same for bytes of messages per minute. 0: no limit.',
  }),
  MAX_NEW_CHANNELS_PER_MINUTE: option(whole(0, 1_000_000).default(120), {
    text: 'The same for channels that get their first message. 0: no limit.',
  }),
  MAX_STREAMS_PER_CLIENT: option(whole(0, 1_000_000).default(500), {
    text: 'The most streams and waiting long-polls of one client at the same time, on each node, in the channels of one pattern. A further stream is told to come back later. 0: no limit.',
  }),
  TRUST_PROXY: option(proxies.optional(), {
    example: 'loopback,10.0.0.0/8',
    text: 'The proxies whose `X-Forwarded-For` the server believes: their number, if they stand one behind the other, or their addresses and networks, separated by commas. `loopback`, `linklocal` and `uniquelocal` are names of networks.',
    unset: 'no proxy is believed',
  }),
  HEADER_TIMEOUT_SECONDS: option(fraction(0.1, 3600).default(10), {
    text: 'Seconds in which a client must send the head of a request.',
  }),
  REQUEST_TIMEOUT_SECONDS: option(fraction(0.1, 3600).default(30), {
    text: 'Seconds in which a client must send a whole request. This does not limit how long a stream lasts.',
  }),
  KEEP_ALIVE_SECONDS: option(fraction(0.1, 3600).default(75), {
    text: 'Seconds without a request after which the server closes a connection. Keep this longer than the proxies in front keep theirs (deploy/nginx: 60 s), or a request may meet a connection that is just closing.',
  }),
  MAX_BATCH_BYTES: option(whole(256, 64 * 1024 * 1024).default(4 * 1024 * 1024), {
    text: "The largest batch of messages, in bytes of JSON. nginx's `client_max_body_size` must allow it.",
  }),
  HISTORY_COUNT: option(whole(1, 1_000_000).default(1000), {
    text: 'How many messages each channel keeps.',
  }),
  HISTORY_SECONDS: option(whole(1, 315_360_000).default(86_400), {
    text: 'Seconds for which a channel keeps a message.',
  }),
  HISTORY_BYTES: option(whole(1024, 2 ** 40).default(4 * 1024 * 1024), {
    text: 'The most bytes of messages that a channel keeps. The newest is kept, however large.',
  }),
  HISTORY_TOTAL_BYTES: option(whole(65_536, 2 ** 40).default(64 * 1024 * 1024), {
    text: 'The most bytes that all channels of a pattern to which anyone may send take together (`chat.:room`, `public.*`), in each Redis master or, without Redis, in the process. Beyond it, those that have had no message for longest are dropped.',
  }),
  REDIS_TLS_CA_FILE: option(file.optional(), {
    text: 'Path of a PEM file with the certificate of your own CA.',
    unset: 'the CAs that Node knows',
  }),
  REDIS_TLS_CERT_FILE: option(file.optional(), {
    text: 'Path of a PEM file with the certificate that this server shows to Redis.',
    unset: 'none',
  }),
  REDIS_TLS_KEY_FILE: option(file.optional(), {
    text: 'Path of a PEM file with the key of that certificate.',
    unset: 'none',
  }),
});

/** Everything in the environment: the server's own variables, and options of the module. */
export const environmentSchema = z.object({
  ...serverSchema.shape,
  options: z.object({
    ...birdsongSchema.omit({ channels: true, identify: true, redis: true }).shape,
    redis: redisFields
      // Both are optional here, so that the server can name the variable that is missing.
      .extend({
        sentinel: redisServers.shape.sentinel.partial({ name: true, nodes: true }).optional(),
      })
      .optional(),
  }),
});

export interface Variable {
  readonly name: string;
  /** The path of its value in the schema of the environment. */
  readonly path: readonly string[];
  readonly schema: z.ZodType;
  readonly notes: OptionNotes;
}

/** Every variable that the server reads. */
export const VARIABLES: readonly Variable[] = [
  ...variablesOf(environmentSchema.shape.options, ['options'], (_, notes) => notes.variable),
  ...variablesOf(serverSchema, [], (key) => key),
];

function variablesOf(
  { shape }: z.ZodObject,
  parent: readonly string[],
  nameOf: (key: string, notes: OptionNotes) => string | undefined,
): Variable[] {
  return Object.entries(shape).flatMap(([key, child]) => {
    const schema = child as z.ZodType;
    const path = [...parent, key];
    const content = innermost(schema);
    if (content instanceof z.ZodObject) {
      return variablesOf(content, path, nameOf);
    }
    const notes = notesOf(schema) ?? { text: '' };
    const name = nameOf(key, notes);
    return name === undefined ? [] : [{ name, path, schema, notes }];
  });
}
