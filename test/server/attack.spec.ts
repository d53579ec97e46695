import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { BirdsongNode } from '../harness/birdsong-node.js';
import { isMessage } from '../harness/event-stream-parser.js';
import { request } from '../harness/http-client.js';
import type { Exit } from '../harness/server-process.js';
import { RedisServer } from '../harness/redis-server.js';
import { SseReader } from '../harness/sse-reader.js';

const MIB = 1024 * 1024;
/** 60,000 bytes; as a string in V8 twice that, because one character is not Latin-1. */
const LARGE = `€${'x'.repeat(59_997)}`;
const BATCH = { messages: Array.from({ length: 16 }, () => ({ data: LARGE })) };
/** As many bytes, but about 25 times that as objects. */
const BATCH_OF_OBJECTS = JSON.stringify({
  messages: Array.from({ length: 16 }, () => ({ data: Array(20_000).fill({}) })),
});
/** Streams that are not read, each sent more than the kernel takes. */
const SLOW_COUNT = 30;
const SLOW_BATCHES = 5;

const HEAP_MIB = 200;
const UNSENT_MIB = 16;
const BATCH_MIB = 1;

/** The most memory that such a server takes, by docs/limits.md, with 64 MiB of recent messages. */
const BOUND_MIB = 100 + HEAP_MIB + 64 + 2 * UNSENT_MIB + 8 * BATCH_MIB;

describe('The server under attack', () => {
  let redis: RedisServer;
  let node: BirdsongNode;
  let end: Exit | undefined;
  let sockets: Socket[] = [];

  beforeEach(async () => {
    redis = await RedisServer.start();
    node = await BirdsongNode.start({
      env: {
        REDIS_URL: redis.url,
        NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}`,
        MAX_CONNECTIONS: '1000',
        MAX_FEEDS: '1000',
        MAX_TOTAL_UNSENT_BYTES: String(UNSENT_MIB * MIB),
        MAX_BATCH_BYTES: String(BATCH_MIB * MIB),
        HISTORY_COUNT: '40',
        LOG_LEVEL: 'error',
      },
    });
    end = undefined;
    void node.exited.then((exit) => (end = exit));
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    sockets = [];
    await node.stop();
    await redis.stop();
  });

  /** Opens connections that write this, and never read. */
  async function attack(count: number, textOf: (index: number) => string): Promise<void> {
    await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const socket = connect(node.port, '127.0.0.1').on('error', () => undefined);
        sockets.push(socket);
        await once(socket, 'connect');
        socket.pause();
        socket.write(textOf(index));
      }),
    );
  }

  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
  const post = (length: number) =>
    'POST /channels/public.a/messages/batch HTTP/1.1\r\nHost: a\r\n' +
    `Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
  const send = (channel: string, data: unknown) =>
    request(`${node.url}/channels/${channel}/messages`, { json: { data } });

  /** Sends as the protocol advises: again with the same key until accepted, as a flood may cut off large bodies. */
  async function pour(channel: string): Promise<void> {
    const url = `${node.url}/channels/${channel}/messages/batch`;
    const headers = { 'Idempotency-Key': randomUUID() };
    let status: number | undefined;
    while (status !== 201 && status !== 200) {
      const answer = await request(url, { json: BATCH, headers }).catch(() => undefined);
      status = answer?.status;
      if (end) throw new Error(`It ended by ${end.signal}: ${node.output}`);
    }
  }

  it('keeps its memory within bounds, and serves those that read', async () => {
    const honest = await SseReader.open(`${node.url}/channels/public.honest/events`);
    await honest.next();
    for (let count = 0; count < 40; count++) await send('public.large', LARGE);

    // Each has a channel of its own, so that nothing else keeps its messages.
    await attack(SLOW_COUNT, (index) => get(`/channels/public.slow.${index}/events`));
    await attack(200, () => get('/channels/public.large/messages?limit=1000').repeat(4));
    await attack(100, () => post(MIB) + 'x'.repeat(MIB - 1));
    await attack(40, () => post(BATCH_OF_OBJECTS.length) + BATCH_OF_OBJECTS);
    await attack(100, () => `GET / HTTP/1.1\r\nHost: a\r\nCookie: ${'x'.repeat(30_000)}`);
    await attack(30, (from) => {
      const names = Array.from({ length: 100 }, (_, index) => `public.many.${from}.${index}`);
      return get(`/events?${names.map((name) => `channel=${name}`).join('&')}`);
    });
    for (let index = 0; index < SLOW_COUNT; index++) {
      for (let count = 0; count < SLOW_BATCHES; count++) await pour(`public.slow.${index}`);
      expect((await send('public.honest', index)).status).toBe(201);
    }
    const peak = await node.peakMib();

    const events = await honest.take(SLOW_COUNT, isMessage);
    expect(events.map(({ data }) => (JSON.parse(data) as { data: number }).data)).toEqual(
      Array.from({ length: SLOW_COUNT }, (_, index) => index),
    );
    expect(honest.isOpen).toBe(true);
    expect(peak).toBeLessThan(BOUND_MIB);
    expect((await request(`${node.url}/health/live`)).status).toBe(200);
    await honest.close();
  });
});
