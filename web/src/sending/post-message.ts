import { messagesUrl } from '../http/endpoints.js';
import { parseObject, stringOf } from '../http/json.js';
import { UNREACHABLE, readProblem, type Problem } from '../http/problem.js';
import { request } from '../http/request.js';
import { backoffMs } from '../stream/backoff.js';

export interface Accepted {
  readonly id: string;
  readonly createdAt: string;
}

export interface Refused {
  readonly problem: Problem;
}

interface Failed extends Refused {
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
}

const ATTEMPT_COUNT = 6;
const LONGEST_WAIT_MS = 30_000;

/** The server, or a proxy in front of it, is temporarily unavailable. */
const RETRYABLE = [502, 503, 504];

/**
 * Sends one message, again and with the same key while the server is away: it may have accepted the
 * message although its answer was lost. `onRetry` is called before each wait.
 */
export async function postMessage(
  channel: string,
  body: string,
  key: string,
  onRetry: () => void,
): Promise<Accepted | Refused> {
  for (let failureCount = 0; ; failureCount += 1) {
    const outcome = await attempt(channel, body, key);
    if ('id' in outcome) return outcome;
    if (!outcome.retryable || failureCount + 1 === ATTEMPT_COUNT) return outcome;
    onRetry();
    const waitMs = outcome.retryAfterMs ?? backoffMs(failureCount);
    await new Promise((resolve) => setTimeout(resolve, Math.min(waitMs, LONGEST_WAIT_MS)));
  }
}

async function attempt(channel: string, body: string, key: string): Promise<Accepted | Failed> {
  try {
    const response = await request(messagesUrl(channel), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
      body,
    });
    if (!response.ok) return await failed(response);
    const { id, createdAt } = parseObject(await response.text());
    return { id: stringOf(id), createdAt: stringOf(createdAt) };
  } catch {
    return { problem: UNREACHABLE, retryable: true, retryAfterMs: undefined };
  }
}

async function failed(response: Response): Promise<Failed> {
  const seconds = Number.parseInt(response.headers.get('Retry-After') ?? '', 10);
  return {
    problem: await readProblem(response),
    retryable: RETRYABLE.includes(response.status),
    retryAfterMs: Number.isNaN(seconds) ? undefined : seconds * 1_000,
  };
}
