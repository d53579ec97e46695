import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { BirdsongNode } from '../harness/birdsong-node.js';
import { isMessage } from '../harness/event-stream-parser.js';
import { request } from '../harness/http-client.js';
import { RedisServer } from '../harness/redis-server.js';
import { SseReader } from '../harness/sse-reader.js';
import type { Exit } from '../harness/server-process.js';

const MIB = 1024 * 1024;
const HEAP_MIB = 200;
const UNSENT_MIB = 16;
/** The total in docs/limits.md for such a server. */
const BOUND_MIB = 100 + HEAP_MIB + 64 + 2 * UNSENT_MIB + 8 * 4;

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const namesOf = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `public.${prefix}.${index}`);
const streamOf = (names: readonly string[], query = '') =>
  get(`/events?${names.map((name) => `channel=${name}`).join('&')}${query}`);

describe('A heap with room for the readers is enough', () => {
  let redis: RedisServer;
  let node: BirdsongNode;
  let honest: SseReader;
  let end: Exit | undefined;
  const sockets: Socket[] = [];

  const env = () => ({
    REDIS_URL: redis.url,
    NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}`,
    MAX_TOTAL_UNSENT_BYTES: String(UNSENT_MIB * MIB),
    LOG_LEVEL: 'error',
    // This tests memory, and the machine may be busy.
    REDIS_COMMAND_TIMEOUT_MS: '60000',
  });

  beforeEach(async () => {
    redis = await RedisServer.start();
    node = await BirdsongNode.start({ env: env() });
    end = undefined;
    void node.exited.then((exit) => (end = exit));
    honest = await SseReader.open(`${node.url}/channels/public.honest/events`);
    await honest.next();
  });
  afterEach(async () => {
    await honest.close();
    for (const socket of sockets.splice(0)) socket.destroy();
    await node.kill();
    await redis.stop();
  });

  /**
   * Connects and writes; what comes is thrown away, or not even read. Resolves with the first byte, or once written.
   */
  async function open(text: string, { reads }: { reads: boolean }): Promise<void> {
    const socket = connect(node.port, '127.0.0.1').on('error', () => undefined);
    sockets.push(socket);
    await once(socket, 'connect');
    socket.write(text);
    if (!reads) {
      socket.pause();
      return;
    }
    await Promise.race([once(socket, 'data'), once(socket, 'close')]);
    socket.on('data', () => undefined);
  }

  const batch = (url: string, channel: string, count: number, data: unknown) =>
    request(`${url}/channels/${channel}/messages/batch`, {
      json: { messages: Array(count).fill({ data }) },
    }).catch(() => undefined);

  /** An honest client is served after everything sent before, within bounds. */
  async function expectServed(): Promise<void> {
    const sent = await request(`${node.url}/channels/public.honest/messages`, {
      json: { data: 'honest' },
    }).catch((error: unknown) => error);
    if (end) throw new Error(`It ended by ${end.signal}: ${node.output}`);
    expect(sent).toMatchObject({ status: 201 });
    await honest.next(isMessage);
    expect(await node.peakMib()).toBeLessThan(BOUND_MIB);
  }

  it('when streams of many channels get a large batch, with cursors between its messages', async () => {
    const names = namesOf('cursor', 100);
    for (let count = 0; count < 250; count++) await open(streamOf(names), { reads: true });
    expect(await batch(node.url, names[0] ?? '', 1000, 'x'.repeat(4100))).toMatchObject({
      status: 201,
    });
    await expectServed();
  }, 240_000);

  it('when a thousand requests wait behind a stream, on each of many connections', async () => {
    const stream = get('/channels/public.pipeline/events');
    const text = stream.repeat(Math.floor((60 * 1024) / stream.length));
    await Promise.all(Array.from({ length: 60 }, () => open(text, { reads: false })));
    await expectServed();
  }, 240_000);

  it('when streams that do not read begin far behind in many channels', async () => {
    // More than the rings of recent messages hold.
    const names = namesOf('behind', 100);
    for (const name of [...names, ...names]) await batch(node.url, name, 16, 'x'.repeat(60_000));
    for (let count = 0; count < 30; count++) {
      await open(streamOf(names, `&history=${1000 - count}`), { reads: false });
    }
    // Each waits its turn to read its first page.
    for (const name of names.slice(0, 20)) {
      await request(`${node.url}/channels/${name}/messages`);
      await expectServed();
    }
  }, 240_000);
});
