import { parseArgs } from 'node:util';
import type { Action } from '../access/first-refused.js';
import type { KeyCommand, TokenCommand } from './credentials.js';

const HELP_FLAG = { help: { type: 'boolean', short: 'h' } } as const;

const SERVER_OPTIONS = {
  ...HELP_FLAG,
  port: { type: 'string' },
  host: { type: 'string' },
  redis: { type: 'string' },
  version: { type: 'boolean', short: 'v' },
} as const;

/** The variable that each option sets. */
const VARIABLES = { port: 'PORT', host: 'HOST', redis: 'REDIS_URL' } as const;

const GRANT_OPTIONS = {
  ...HELP_FLAG,
  publish: { type: 'string', multiple: true },
  subscribe: { type: 'string', multiple: true },
  moderate: { type: 'string', multiple: true },
  name: { type: 'string' },
  admin: { type: 'boolean' },
} as const;

const TOKEN_OPTIONS = {
  ...GRANT_OPTIONS,
  sub: { type: 'string' },
  expires: { type: 'string' },
  jti: { type: 'string' },
} as const;

const HELP = `Usage: birdsong [options]
       birdsong token --sub <identity> [options]
       birdsong keys --name <name> [options]

Starts the Birdsong server: chat rooms and notifications over Server-Sent Events.

Options:
  --port <number>   TCP port to listen on; 0 takes any free one (PORT, default 3000)
  --host <address>  address to listen on (HOST, default 0.0.0.0)
  --redis <url>     Redis that connects nodes and keeps history, as redis://host:6379
                    (REDIS_URL, default: messages stay in the memory of this process)
  -h, --help        print this
  -v, --version     print the version

birdsong token prints a token for development, signed with JWT_SECRET:
  --sub <identity>        who it is for
  --expires <time>        how long it counts: 30s, 15m, 1h or 7d (default 1h)
  --publish <pattern>     channels to which it may send; may be repeated
  --subscribe <pattern>   channels that it may read; may be repeated
  --moderate <pattern>    channels whose messages it may edit and delete; may be repeated
  --name <name>           the name to show
  --admin                 it may administer the server
  --jti <id>              the token's own id (default: a random one)

birdsong keys prints a new API key, and what to add to API_KEYS for it:
  --name <name>           which server has the key
  --publish, --subscribe, --moderate, --admin   as above

Everything else is set by environment variables, such as CORS_ORIGINS, LOG_LEVEL, LOG_FORMAT,
MAX_CONNECTIONS_PER_ADDRESS and HISTORY_SECONDS. docs/options.md lists them all.
`;

/** What the command is asked to do. */
export type Command =
  | { readonly kind: 'print'; readonly text: string }
  /** With these variables in addition to those of the environment, which they override. */
  | { readonly kind: 'start'; readonly variables: Readonly<Record<string, string>> }
  | TokenCommand
  | KeyCommand;

/**
 * @param args what follows the name of the command
 * @param version the version of this package
 * @throws Error in one line, for an option that does not exist, has no value or is missing, and for anything that is no
 * option
 */
export function readCommandLine(args: readonly string[], version: string): Command {
  const [first, ...rest] = args;
  switch (first) {
    case 'token':
      return readToken(rest);
    case 'keys':
      return readKeys(rest);
    default:
      return readStart(args, version);
  }
}

function readStart(args: readonly string[], version: string): Command {
  const { values } = parseArgs({ args: [...args], options: SERVER_OPTIONS });
  if (values.help) {
    return { kind: 'print', text: HELP };
  }
  if (values.version) {
    return { kind: 'print', text: `${version}\n` };
  }
  const variables: Record<string, string> = {};
  for (const [option, variable] of Object.entries(VARIABLES)) {
    const value = values[option as keyof typeof VARIABLES];
    if (value !== undefined) {
      variables[variable] = requireValue(option, value);
    }
  }
  return { kind: 'start', variables };
}

function readToken(args: readonly string[]): Command {
  const { values } = parseArgs({ args: [...args], options: TOKEN_OPTIONS });
  if (values.help) {
    return { kind: 'print', text: HELP };
  }
  const { expires = '1h', jti, name, admin = false } = values;
  const sub = requireValue('sub', values.sub);
  return {
    kind: 'token',
    ...{ sub, jti, name, admin },
    ...grantsOf(values),
    seconds: secondsOf(expires),
  };
}

function readKeys(args: readonly string[]): Command {
  const { values } = parseArgs({ args: [...args], options: GRANT_OPTIONS });
  if (values.help) {
    return { kind: 'print', text: HELP };
  }
  const name = requireValue('name', values.name);
  if (!/^[\w.-]{1,64}$/.test(name)) {
    throw new Error("Option '--name' must be 1 to 64 letters, digits and . _ -");
  }
  return { kind: 'keys', name, admin: values.admin ?? false, ...grantsOf(values) };
}

/** Patterns may be repeated, or separated by commas. */
function grantsOf({
  publish = [],
  subscribe = [],
  moderate = [],
}: Partial<Record<Action, string[]>>) {
  const split = (option: string, lists: string[]) =>
    lists.flatMap((list) => list.split(',').map((pattern) => requireValue(option, pattern.trim())));
  return {
    publish: split('publish', publish),
    subscribe: split('subscribe', subscribe),
    moderate: split('moderate', moderate),
  };
}

const UNIT_SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

function secondsOf(text: string): number {
  const [, count = '', unit = ''] = /^([1-9]\d{0,8})([smhd])$/.exec(text) ?? [];
  if (count === '') {
    throw new Error("Option '--expires' must be a time like 30s, 15m, 1h or 7d");
  }
  return Number(count) * UNIT_SECONDS[unit as keyof typeof UNIT_SECONDS];
}

function requireValue(option: string, value: string | undefined): string {
  if (value === undefined) {
    throw new Error(`Option '--${option}' is missing`);
  }
  if (value === '') {
    throw new Error(`Option '--${option}' has an empty value`);
  }
  return value;
}
