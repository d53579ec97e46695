import { messagesUrl } from '../http/endpoints.js';
import { parseObject, stringOf } from '../http/json.js';
import { UNREACHABLE, readProblem, type Problem } from '../http/problem.js';
import { request } from '../http/request.js';

export interface Accepted {
  readonly id: string;
  readonly createdAt: string;
}

export interface Refused {
  readonly problem: Problem;
  /** Whether the same message may be accepted later: the server, or a proxy in front of it, has no room or is away. */
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
}

const RETRYABLE = [429, 502, 503, 504];

/** Sends one message. The server may have accepted it although its answer was lost, so send it again with the same key. */
export async function postMessage(
  channel: string,
  body: string,
  key: string,
): Promise<Accepted | Refused> {
  try {
    const response = await request(messagesUrl(channel), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
      body,
    });
    if (!response.ok) return await refused(response);
    const { id, createdAt } = parseObject(await response.text());
    return { id: stringOf(id), createdAt: stringOf(createdAt) };
  } catch {
    return { problem: UNREACHABLE, retryable: true, retryAfterMs: undefined };
  }
}

async function refused(response: Response): Promise<Refused> {
  const seconds = Number.parseInt(response.headers.get('Retry-After') ?? '', 10);
  return {
    problem: await readProblem(response),
    retryable: RETRYABLE.includes(response.status),
    retryAfterMs: Number.isNaN(seconds) ? undefined : seconds * 1_000,
  };
}
