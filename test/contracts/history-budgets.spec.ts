import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Broker, BrokerChannel } from '../../src/broker/broker.port.js';
import { BirdsongSettings } from '../../src/config/birdsong-settings.js';
import type { RedisSettings } from '../../src/config/redis-settings.js';
import { MemoryBroker } from '../../src/engines/memory/memory-broker.js';
import { SLOT_COUNT, slotOf } from '../../src/engines/redis/slots.js';
import { RedisBroker } from '../../src/engines/redis/redis-broker.js';
import {
  batch,
  newChannel,
  offsets,
  publication,
} from '../../src/testing/contract/publications.js';
import { RedisCluster } from '../harness/redis-cluster.js';
import { RedisServer } from '../harness/redis-server.js';

const KIB = 1024;
const kilobytes = (count: number) => 'x'.repeat(count * KIB);

describe.each(['memory', 'Redis', 'Redis Cluster'])(
  'What channels keep in bytes, in %s:',
  (engine) => {
    let redis: RedisServer | undefined;
    let cluster: RedisCluster | undefined;
    let broker: Broker;
    let patternCount = 0;

    beforeAll(async () => {
      redis = engine === 'Redis' ? await RedisServer.start() : undefined;
      cluster = engine === 'Redis Cluster' ? await RedisCluster.start() : undefined;
    });
    beforeEach(async () => {
      patternCount += 1;
      const settings = new BirdsongSettings({ channels: {}, ...redisOption() });
      broker = settings.redis
        ? new RedisBroker(settings, settings.redis)
        : new MemoryBroker(settings);
      await broker.open();
    });
    afterEach(() => broker.close());
    afterAll(async () => {
      await redis?.stop();
      await cluster?.stop();
    });

    function redisOption() {
      if (cluster) return { redis: { cluster: cluster.seeds } };
      return redis ? { redis: { url: redis.url } } : {};
    }

    /** All on one master of a cluster, because each has a budget of its own. */
    function shared(history: Partial<BrokerChannel['history']>): BrokerChannel {
      let channel = newChannel(history);
      while (slotOf(channel.name) >= SLOT_COUNT / 4) channel = newChannel(history);
      return { ...channel, pattern: `p${patternCount}.*` };
    }
    const publish = (channel: BrokerChannel, size: number) =>
      broker.publish(channel, publication(kilobytes(size)));
    const kept = async (channel: BrokerChannel) =>
      offsets(await broker.read(channel, { limit: 1000 }));

    test('a channel drops its oldest messages, and a reader is told', async () => {
      const channel = shared({ bytes: 20 * KIB });
      const { first } = await publish(channel, 4);
      for (let count = 1; count < 30; count += 1) await publish(channel, 4);

      expect(await kept(channel)).toEqual([27, 28, 29, 30]);
      expect((await broker.read(channel, { after: first, limit: 1 })).gap).toMatchObject({
        oldest: { ...first, offset: 27 },
      });
      const { gap } = await broker.read(channel, { after: { ...first, offset: 26 }, limit: 1 });
      expect(gap).toBeUndefined();
    });

    test('the newest message is kept, however large', async () => {
      const channel = shared({ bytes: 20 * KIB });
      await publish(channel, 1);
      await publish(channel, 50);
      expect(await kept(channel)).toEqual([2]);
      await publish(channel, 1);
      expect(await kept(channel)).toEqual([3]);
      await broker.publish(channel, batch([1, kilobytes(15), kilobytes(30), 2, 3]));
      expect(await kept(channel)).toEqual([7, 8]);
    });

    test('a channel that keeps few messages keeps as many as before', async () => {
      const channel = shared({ count: 3, bytes: 20 * KIB });
      for (let count = 0; count < 100; count += 1) await publish(channel, 4);
      expect(await kept(channel)).toEqual([98, 99, 100]);
    });

    test('channels that had no message for longest are dropped whole, and their readers told', async () => {
      const history = { totalBytes: 256 * KIB };
      const [old, busy] = [shared(history), shared(history)];
      const { first } = await publish(old, 8);
      const { first: busyFirst } = await publish(busy, 8);
      const others = Array.from({ length: 60 }, () => shared(history));
      for (const other of others) {
        await publish(other, 8);
        // Every message moves a channel to the end of the queue, sooner or later.
        await publish(busy, 2);
      }
      const survivors = [];
      for (const other of others) survivors.push((await kept(other)).length);

      const { newest, gap } = await broker.read(old, { after: first, limit: 10 });
      expect(gap).toBeDefined();
      expect(newest.epoch).toBeGreaterThan(first.epoch);
      expect((await kept(busy)).at(-1)).toBe(61);
      expect((await broker.read(busy, { limit: 0 })).newest.epoch).toBe(busyFirst.epoch);
      expect(survivors.slice(0, 30)).toEqual(Array<number>(30).fill(0));
      expect(survivors.slice(-5)).toEqual(Array<number>(5).fill(1));
    });

    test('channels of another pattern are left alone', async () => {
      const [other, free] = [newChannel({ totalBytes: 256 * KIB }), newChannel()];
      await publish(other, 8);
      await publish(free, 8);
      for (let count = 0; count < 60; count += 1)
        await publish(shared({ totalBytes: 64 * KIB }), 8);

      expect(await kept(other)).toEqual([1]);
      expect(await kept(free)).toEqual([1]);
    });

    test('channels that are only read are counted too', async () => {
      const history = { totalBytes: 64 * KIB };
      const first = shared(history);
      const { newest } = await broker.read(first, { limit: 0 });
      for (let count = 0; count < 200; count += 1) await broker.read(shared(history), { limit: 0 });

      const { gap } = await broker.read(first, { after: newest, limit: 1 });
      expect(gap).toBeDefined();
    });

    test('a channel that is dropped and used again gives no position twice', async () => {
      const history = { totalBytes: 64 * KIB };
      const channel = shared(history);
      const positions = new Set<string>();
      for (let round = 0; round < 50; round += 1) {
        const { first } = await publish(channel, 1);
        positions.add(`${first.epoch}-${first.offset}`);
        await broker.publish(shared(history), batch([kilobytes(30), kilobytes(30)]));
      }
      expect(positions.size).toBe(50);
    });
  },
);

test('A budget that Redis has lost in part is kept all the same.', async () => {
  const redis = await RedisServer.start();
  const settings = new BirdsongSettings({ channels: {}, redis: { url: redis.url } });
  const broker = new RedisBroker(settings, settings.redis as RedisSettings);
  try {
    await broker.open();
    const admin = redis.client();
    const fill = async (): Promise<void> => {
      for (let count = 0; count < 50; count += 1) {
        await broker.publish(newChannel({ totalBytes: 64 * KIB }), publication(kilobytes(8)));
      }
    };
    await fill();
    const [sizes] = await admin.keys('*:sizes');
    await admin.del(sizes ?? '');
    await fill();
    await fill();

    const channels = await admin.keys('*:history');
    expect(channels.length).toBeLessThan(8);
  } finally {
    await broker.close();
    await redis.stop();
  }
});
