import { parseArgs } from 'node:util';

const OPTIONS = {
  port: { type: 'string' },
  host: { type: 'string' },
  redis: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

/** The variable that each option sets. */
const VARIABLES = { port: 'PORT', host: 'HOST', redis: 'REDIS_URL' } as const;

const HELP = `Usage: birdsong [options]

Starts the Birdsong server: chat rooms and notifications over Server-Sent Events.

Options:
  --port <number>   TCP port to listen on; 0 takes any free one (PORT, default 3000)
  --host <address>  address to listen on (HOST, default 0.0.0.0)
  --redis <url>     Redis that connects nodes and keeps history, as redis://host:6379
                    (REDIS_URL, default: messages stay in the memory of this process)
  -h, --help        print this
  -v, --version     print the version

Everything else is set by environment variables, such as CORS_ORIGINS, LOG_LEVEL, LOG_FORMAT,
MAX_CONNECTIONS_PER_ADDRESS and HISTORY_SECONDS. docs/options.md lists them all.
`;

/** What the command is asked to do. */
export type Command =
  | { readonly kind: 'print'; readonly text: string }
  /** With these variables in addition to those of the environment, which they override. */
  | { readonly kind: 'start'; readonly variables: Readonly<Record<string, string>> };

/**
 * @param args what follows the name of the command
 * @param version the version of this package
 * @throws Error in one line, for an option that does not exist or has no value, and for anything that is no option
 */
export function readCommandLine(args: readonly string[], version: string): Command {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  if (values.help) {
    return { kind: 'print', text: HELP };
  }
  if (values.version) {
    return { kind: 'print', text: `${version}\n` };
  }
  const variables: Record<string, string> = {};
  for (const [option, variable] of Object.entries(VARIABLES)) {
    const value = values[option as keyof typeof VARIABLES];
    if (value === '') {
      throw new Error(`Option '--${option}' has an empty value`);
    }
    if (value !== undefined) {
      variables[variable] = value;
    }
  }
  return { kind: 'start', variables };
}
