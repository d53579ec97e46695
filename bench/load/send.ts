import { connect } from 'node:net';
import { HttpConnection } from './http-connection.js';

export interface SendRun {
  readonly port: number;
  readonly path: string;
  readonly body: string;
  /** The value of `Authorization`. Default: none. */
  readonly authorization?: string;
  readonly connections: number;
  readonly seconds: number;
}

export interface SendOutcome {
  /** Answered with 201 within the time. */
  readonly acceptedCount: number;
  readonly refusedCount: number;
  /** The first answer that was none. */
  readonly refusal?: string;
  readonly elapsedMs: number;
}

/** Posts the same body over several connections for some time, one request at a time on each. */
export async function send(run: SendRun): Promise<SendOutcome> {
  const { port, path, body, authorization } = run;
  const credential = authorization === undefined ? '' : `Authorization: ${authorization}\r\n`;
  const request = Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\n` +
      `${credential}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  const startMs = performance.now();
  const endMs = startMs + run.seconds * 1000;
  let acceptedCount = 0;
  let refusedCount = 0;
  let refusal: string | undefined;
  const post = async (connection: HttpConnection): Promise<void> => {
    while (performance.now() < endMs && refusedCount === 0) {
      const answer = await connection.exchange(request);
      if (answer.startsWith('HTTP/1.1 201 ')) {
        acceptedCount += 1;
      } else {
        refusedCount += 1;
        refusal ??= answer;
      }
    }
    connection.close();
  };
  await Promise.all(
    Array.from({ length: run.connections }, () =>
      post(new HttpConnection(connect({ port, host: '127.0.0.1', noDelay: true }))),
    ),
  );
  const elapsedMs = performance.now() - startMs;
  return { acceptedCount, refusedCount, elapsedMs, ...(refusal !== undefined && { refusal }) };
}
