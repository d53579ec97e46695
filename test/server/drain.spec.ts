import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { BirdsongNode } from '../harness/birdsong-node.js';
import { withDeadline } from '../harness/deadline.js';
import { request, type HttpAnswer } from '../harness/http-client.js';
import { LightReader } from '../harness/light-reader.js';
import { RedisServer } from '../harness/redis-server.js';
import { SseReader } from '../harness/sse-reader.js';

/** Enough that sending them away takes two seconds. */
const CROWD = 1000;
const PATH = '/channels/public.drain';

interface Member {
  readonly reader: LightReader;
  newest: number;
}

describe('The server, while draining,', () => {
  let node: BirdsongNode;
  const crowd: Member[] = [];
  const sockets: Socket[] = [];

  afterEach(async () => {
    for (const { reader } of crowd.splice(0)) reader.close();
    for (const socket of sockets.splice(0)) socket.destroy();
    await node.kill();
  });

  const exit = async (): Promise<number | null> =>
    (await withDeadline(node.exited, 20_000, () => node.output)).code;

  const send = (data: unknown): Promise<HttpAnswer> =>
    request(`${node.url}${PATH}/messages`, { json: { data } });

  const isAccepted = (data: unknown): Promise<boolean> =>
    send(data).then(
      ({ status }) => status === 201,
      () => false,
    );

  /** Starts a server with a crowd of readers; resolves with a promise of the first farewell. */
  async function startWithCrowd(
    env: Record<string, string> = {},
  ): Promise<{ firstFarewell: Promise<void> }> {
    node = await BirdsongNode.start({ env });
    let opened = (): void => undefined;
    let left = (): void => undefined;
    const allOpened = new Promise<void>((resolve) => (opened = resolve));
    const firstFarewell = new Promise<void>((resolve) => (left = resolve));
    let openCount = 0;
    for (let count = 0; count < CROWD; count++) {
      const reader = new LightReader({
        url: () => `${node.url}${PATH}/events`,
        onEvent: ({ event, data }) => {
          if (event === 'stream.ready' && ++openCount === CROWD) opened();
          if (event === 'stream.closing') left();
          if (event === 'message') member.newest = (JSON.parse(data) as { data: number }).data;
        },
      });
      const member: Member = { reader, newest: 0 };
      crowd.push(member);
    }
    await withDeadline(allOpened, 20_000, () => `${openCount} of ${CROWD} opened`);
    return { firstFarewell };
  }

  const farewellsOf = () => crowd.flatMap(({ reader }) => reader.farewells.slice(0, 1));

  it('is live but not ready, accepts messages, and serves readers whose turn has not come', async () => {
    const { firstFarewell } = await startWithCrowd();
    process.kill(node.pid, 'SIGTERM');
    await firstFarewell;
    const [ready, live, sent, late] = await Promise.all([
      request(`${node.url}/health/ready`),
      request(`${node.url}/health/live`),
      send(1),
      SseReader.open(`${node.url}${PATH}/events`),
    ]);
    expect(await exit()).toBe(0);

    expect(ready.status).toBe(503);
    expect(ready.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(ready.headers['retry-after']).toMatch(/^\d+$/);
    expect(ready.json()).toMatchObject({ code: 'shutting-down' });
    expect(live.status).toBe(200);
    expect([sent.status, sent.headers.connection]).toEqual([201, 'close']);
    expect(late.status).toBe(200);
    expect(await late.ended).toBe('sent away');
    expect(late.events).toMatchObject([
      { event: 'stream.closing', data: '{"reason":"shutdown","reconnect":true}' },
    ]);
    // Readers that were still there have the message. The others were told to come back for it.
    expect(crowd.filter(({ newest }) => newest === 1).length).toBeGreaterThan(0);
    expect(farewellsOf()).toHaveLength(CROWD);
  });

  it('tells each reader to come back after its own delay, between once and twice the usual', async () => {
    await startWithCrowd();
    expect(await node.stop()).toBe(0);

    const waits = farewellsOf().map(({ atMs, backAtMs }) => Math.round(backAtMs - atMs));
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(2000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(4000);
    expect(new Set(waits).size).toBeGreaterThan(CROWD / 4);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends the drain at once on a second %s',
    async (signal) => {
      const { firstFarewell } = await startWithCrowd();
      process.kill(node.pid, signal);
      await firstFarewell;
      process.kill(node.pid, signal);
      // Sends until it is closed: readers whose turn has not come get each of these.
      for (let data = 1; await isAccepted(data); data++);
      expect(await exit()).toBe(0);

      expect(farewellsOf()).toHaveLength(CROWD);
      // The first may be read along with the signal. In waves, the last reader would get dozens.
      expect(Math.max(...crowd.map(({ newest }) => newest))).toBeLessThanOrEqual(1);
    },
  );

  it('finishes sends that wait for Redis', async () => {
    const redis = await RedisServer.start();
    try {
      node = await BirdsongNode.start({ env: { REDIS_URL: redis.url } });
      expect((await send(1)).status).toBe(201);
      redis.pause();
      const sending = send(2);
      // An answer to a later request shows that the earlier one has been read.
      await request(`${node.url}/health/live`);
      process.kill(node.pid, 'SIGTERM');
      redis.resume();

      expect((await sending).status).toBe(201);
      expect(await exit()).toBe(0);
    } finally {
      await redis.stop();
    }
  });

  it('does not wait for clients that do not read, do not finish or do not begin', async () => {
    node = await BirdsongNode.start({ env: { HISTORY_COUNT: '1000' } });
    const data = 'x'.repeat(60_000);
    const slow = await SseReader.open(`${node.url}${PATH}/events`);
    await slow.next();
    slow.pause();
    for (let count = 0; count < 200; count++) await send(data);
    const say = async (text: string): Promise<void> => {
      const socket = connect(node.port, '127.0.0.1').on('error', () => undefined);
      sockets.push(socket);
      await once(socket, 'connect');
      socket.pause();
      socket.write(text);
    };
    await say('');
    await say('GET /health/live HTTP/1.1\r\nHo');
    await say(`POST ${PATH}/messages HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{"da`);
    await say(`GET ${PATH}/messages?limit=1000 HTTP/1.1\r\nHost: a\r\n\r\n`);

    expect(await node.stop()).toBe(0);
  });
});
