import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BirdsongNode } from '../harness/birdsong-node.js';
import { LightReader } from '../harness/light-reader.js';
import { request } from '../harness/http-client.js';
import { RedisServer } from '../harness/redis-server.js';
import { TcpProxy } from '../harness/tcp-proxy.js';
import { until } from '../harness/until.js';

const CHANNEL_COUNT = 200;
const HEAP_MIB = 120;
/** Half a MiB of history for each channel, in total twice the heap: the € makes each character take two bytes. */
const MISSED = {
  messages: Array.from({ length: 8 }, () => ({ data: `€${'x'.repeat(60_000)}` })),
};
/** Enough for all of it. */
const HISTORY_TOTAL_BYTES = String(256 * 1024 * 1024);

describe('A node that was cut off from Redis', () => {
  let redis: RedisServer;
  let proxy: TcpProxy;
  let other: BirdsongNode;
  let node: BirdsongNode;
  const readers: LightReader[] = [];

  beforeEach(async () => {
    redis = await RedisServer.start();
    proxy = await TcpProxy.start(redis.port);
    other = await BirdsongNode.start({ env: { REDIS_URL: redis.url, HISTORY_TOTAL_BYTES } });
    node = await BirdsongNode.start({
      env: {
        HISTORY_TOTAL_BYTES,
        REDIS_URL: `redis://127.0.0.1:${proxy.port}`,
        NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}`,
      },
    });
  });
  afterEach(async () => {
    for (const reader of readers.splice(0)) reader.close();
    await Promise.all([node.stop(), other.stop()]);
    await proxy.close();
    await redis.stop();
  });

  it('does not hold everything that its channels missed at once', async () => {
    const channels = Array.from({ length: CHANNEL_COUNT }, (_, index) => `public.missed.${index}`);
    const got = new Map<string, number>();
    let readyCount = 0;
    let end: unknown;
    void node.exited.then((exit) => (end = exit));
    for (const channel of channels) {
      readers.push(
        new LightReader({
          url: () => `${node.url}/channels/${channel}/events`,
          onEvent: ({ event }) => {
            if (event === 'stream.ready') readyCount++;
            if (event === 'message') got.set(channel, (got.get(channel) ?? 0) + 1);
          },
        }),
      );
    }
    await until('all read', () => readyCount === CHANNEL_COUNT);

    await proxy.cut();
    for (const channel of channels) {
      const { status } = await request(`${other.url}/channels/${channel}/messages/batch`, {
        json: MISSED,
      });
      expect(status).toBe(201);
    }
    await proxy.restore();

    const isWhole = (channel: string) => got.get(channel) === MISSED.messages.length;
    await until('all have what they missed', () => end !== undefined || channels.every(isWhole));
    expect([end, got.size]).toEqual([undefined, CHANNEL_COUNT]);
  });
});
