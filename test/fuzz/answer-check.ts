import { readFileSync } from 'node:fs';
import type { Answer } from './answers.js';

/** The `status code` pairs in the protocol's table of errors. No other pair is allowed. */
const DOCUMENTED = new Set(
  Array.from(
    readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8').matchAll(
      /^\| (\d{3}) +\| `([a-z-]+)` +\|/gm,
    ),
    ([, status = '', code = '']) => `${status} ${code}`,
  ),
);

/** What Node's parser refuses before there is a request: bare, without a body. */
const BARE = new Set([400, 408, 413, 417, 431]);

const INSIDES =
  /node_modules|\.[cm]?[jt]s\b|\n\s+at |[a-z]Error\b|dist[\\/]|[\\/](?:home|root|usr|tmp|etc)[\\/]|ioredis|\bzod\b|express|nestjs|body-parser|iconv|zlib|ENOENT|ECONN|EINVAL|WRONGTYPE|\blua\b|unexpected token/i;

/**
 * @param sent all that the client has sent, which an answer may repeat
 * @throws Error that says what of the answer is not as the protocol promises
 */
export function checkAnswer(answer: Answer, method: string | undefined, sent: string): void {
  const { status, headers, body } = answer;
  if (status < 400) return;
  const text = body.toString('utf8');
  const leaked = INSIDES.exec(text + JSON.stringify(headers))?.[0];
  if (leaked !== undefined && !sent.includes(leaked))
    fail(`leaks ${JSON.stringify(leaked)}`, answer);
  if (method === 'HEAD') {
    if (![...DOCUMENTED].some((pair) => pair.startsWith(`${status} `)) || isDefect(status)) {
      fail('is not documented', answer);
    }
    return;
  }
  if (body.length === 0 && BARE.has(status) && headers['content-type'] === undefined) return;
  if (!headers['content-type']?.startsWith('application/problem+json')) {
    fail('is no problem+json', answer);
  }
  const problem = JSON.parse(text) as Record<string, unknown>;
  if (
    problem['status'] !== status ||
    problem['type'] !== 'about:blank' ||
    typeof problem['title'] !== 'string' ||
    typeof problem['detail'] !== 'string'
  ) {
    fail('is not of the form of a problem', answer);
  }
  if (!DOCUMENTED.has(`${status} ${String(problem['code'])}`) || isDefect(status)) {
    fail('is not documented', answer);
  }
  if (status === 503 && !/^\d+$/.test(headers['retry-after'] ?? '')) {
    fail('says not when to try again', answer);
  }
}

/** 500 is documented as what it is. */
const isDefect = (status: number): boolean => status >= 500 && status !== 503;

function fail(what: string, { status, headers, body }: Answer): never {
  throw new Error(
    `An answer ${what}: ${status} ${JSON.stringify(headers)} ${body.toString('utf8').slice(0, 500)}`,
  );
}
