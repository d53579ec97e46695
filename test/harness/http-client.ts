import * as http from 'node:http';
import { connect } from 'node:net';
import { defaultDeadlineMs, withDeadline } from './deadline.js';

export interface RequestOptions {
  method?: string;
  headers?: http.OutgoingHttpHeaders;
  /** A body that is sent unchanged. */
  body?: string | Buffer;
  /** Sent as JSON, with `Content-Type: application/json`, by POST unless `method` says otherwise. */
  json?: unknown;
  /** Ends the request, as a client that goes away does. */
  signal?: AbortSignal;
  /** Milliseconds until the whole answer must be there. Default: 60,000, longer than a long-poll. */
  deadlineMs?: number;
}

export interface HttpAnswer {
  status: number;
  headers: http.IncomingHttpHeaders;
  text: string;
  /** The body, parsed; throws when it is not JSON. */
  json: () => unknown;
}

/** One request over a connection of its own, which is closed after the answer. */
export function request(url: string | URL, options: RequestOptions = {}): Promise<HttpAnswer> {
  const { deadlineMs = defaultDeadlineMs, json } = options;
  const body = json === undefined ? options.body : JSON.stringify(json);
  const method = options.method ?? (json === undefined ? 'GET' : 'POST');
  const headers: http.OutgoingHttpHeaders = {
    ...(json === undefined ? {} : { 'Content-Type': 'application/json' }),
    // Without a Content-Length, Node would send the body in chunks.
    ...(body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) }),
    ...options.headers,
  };
  const outgoing = http.request(url, {
    method,
    headers,
    agent: false,
    ...(options.signal ? { signal: options.signal } : {}),
  });
  const answer = new Promise<HttpAnswer>((resolve, reject) => {
    outgoing.on('error', reject);
    outgoing.once('response', (response) => {
      readAnswer(response).then(resolve, reject);
    });
  });
  outgoing.end(body);
  return withDeadline(answer, deadlineMs, () => `no answer to ${method} ${String(url)}`).finally(
    () => outgoing.destroy(),
  );
}

async function readAnswer(response: http.IncomingMessage): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text,
    json: () => JSON.parse(text) as unknown,
  };
}

export interface RawRequestOptions {
  /** Ends the wait, and the connection, once the text so far fits. Default: when the peer closes. */
  until?: (text: string) => boolean;
  /** Close the writing side after the bytes, as `nc -N` does. Default: false. */
  end?: boolean;
  deadlineMs?: number;
}

/**
 * Writes bytes as they are to 127.0.0.1 and resolves with all that came back until the peer closed
 * the connection (a reset counts as closing) or `until` held. For what no HTTP client will send.
 */
export function rawRequest(
  port: number,
  bytes: string | Buffer,
  options: RawRequestOptions = {},
): Promise<string> {
  const { until, end = false, deadlineMs = defaultDeadlineMs } = options;
  const socket = connect({ port, host: '127.0.0.1' });
  let text = '';
  let connected = false;
  const answer = new Promise<string>((resolve, reject) => {
    socket.setEncoding('utf8');
    socket.once('connect', () => {
      connected = true;
      if (end) socket.end(bytes);
      else socket.write(bytes);
    });
    socket.on('data', (part: string) => {
      text += part;
      if (until?.(text) === true) resolve(text);
    });
    socket.once('error', (error) => (connected ? resolve(text) : reject(error)));
    socket.once('close', () => resolve(text));
  });
  return withDeadline(answer, deadlineMs, () => `so far: ${JSON.stringify(text)}`).finally(() =>
    socket.destroy(),
  );
}
