import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { BirdsongNode } from '../harness/birdsong-node.js';
import { defaultDeadlineMs, withDeadline } from '../harness/deadline.js';
import { rawRequest, request } from '../harness/http-client.js';
import { SseReader } from '../harness/sse-reader.js';

const PATH = '/channels/public.slow';
const HEADER_SECONDS = 1;
const REQUEST_SECONDS = 2;
const HOUR = '3600';

describe('The server, with slow clients,', () => {
  let node: BirdsongNode;
  const sockets: Socket[] = [];

  beforeAll(async () => {
    node = await BirdsongNode.start({
      env: {
        HEADER_TIMEOUT_SECONDS: String(HEADER_SECONDS),
        REQUEST_TIMEOUT_SECONDS: String(REQUEST_SECONDS),
        KEEP_ALIVE_SECONDS: '1',
        HEARTBEAT_SECONDS: HOUR,
        MAX_CHANNELS_PER_STREAM: '250',
      },
    });
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });
  afterAll(() => node.stop());

  /** Writes one piece after the other until it is cut off; resolves with the answer, and when it came. */
  async function drip(
    head: string,
    piece: string,
    { port } = node,
  ): Promise<{ text: string; tookMs: number }> {
    const begunMs = performance.now();
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    sockets.push(socket);
    await once(socket, 'connect');
    let text = '';
    socket.on('data', (part) => (text += String(part)));
    if (head) socket.write(head);
    const dripping = piece === '' ? undefined : setInterval(() => socket.write(piece), 100);
    try {
      await withDeadline(once(socket, 'close'), defaultDeadlineMs, () => `not cut off: ${text}`);
    } finally {
      clearInterval(dripping);
    }
    return { text, tookMs: performance.now() - begunMs };
  }

  it('cuts off clients that do not finish a request in time, and leaves streams alone', async () => {
    const reader = await SseReader.open(`${node.url}${PATH}/events`);
    await reader.next();
    const post = `POST ${PATH}/messages HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n`;
    const slow = await Promise.all([
      drip(`${post}Content-Length: 10000\r\n\r\n{"data":"`, 'x'),
      drip(`${post}Transfer-Encoding: chunked\r\n\r\n`, '1\r\nx\r\n'),
    ]);

    for (const { text, tookMs } of slow) {
      expect(text).toMatch(/^HTTP\/1.1 408 /);
      // Later than an unfinished head would have been.
      expect(tookMs).toBeGreaterThanOrEqual(REQUEST_SECONDS * 1000);
    }
    await request(`${node.url}${PATH}/messages`, { json: { data: 'still here' } });
    expect((await reader.next()).data).toContain('still here');
    await reader.close();
  });

  it('cuts off clients that do not finish a head in time, however long a request may take', async () => {
    const patient = await BirdsongNode.start({
      env: { HEADER_TIMEOUT_SECONDS: String(HEADER_SECONDS), REQUEST_TIMEOUT_SECONDS: HOUR },
    });
    try {
      for (const { text } of await Promise.all([
        drip('', '', patient),
        drip(`GET ${PATH}/events HTTP/1.1\r\n`, 'A: a\r\n', patient),
      ])) {
        expect(text).toMatch(/^HTTP\/1.1 408 /);
      }
    } finally {
      await patient.stop();
    }
  });

  it('closes a connection that stays unused', async () => {
    const text = await rawRequest(node.port, 'GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n');

    expect(text).toMatch(/^HTTP\/1.1 200 [^]*Keep-Alive: timeout=1\r\n/);
  });

  it('accepts a head with the most channels of a stream and the position in each', async () => {
    const names = Array.from({ length: 250 }, (_, index) => `public.${index}.`.padEnd(128, 'x'));
    const url = `${node.url}/events?${names.map((name) => `channel=${name}`).join('&')}`;
    // 34 characters is the longest cursor entry.
    const cursor = `~${names.map((_, index) => String(index).padStart(11, 'a') + '.mgk2d4w0.zzzzzzzzzz').join('_')}`;
    const reader = await SseReader.open(url, { headers: { 'Last-Event-ID': cursor } });
    expect(reader.status).toBe(200);
    expect((await reader.next()).event).toBe('stream.ready');
    await reader.close();
  });

  it('refuses a head that is longer', async () => {
    const cookie = `Cookie: ${'x'.repeat(64 * 1024)}\r\n`;
    const text = await rawRequest(node.port, `GET / HTTP/1.1\r\nHost: a\r\n${cookie}\r\n`);

    // Empty if the connection ended before the answer arrived.
    expect(text).toMatch(/^$|^HTTP\/1.1 431 /);
    expect((await request(`${node.url}/health/live`)).status).toBe(200);
  });
});
