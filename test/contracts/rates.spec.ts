import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Broker, BrokerChannel } from '../../src/broker/broker.port.js';
import type { Rate } from '../../src/broker/charge.js';
import { BirdsongSettings } from '../../src/config/birdsong-settings.js';
import { MemoryBroker } from '../../src/engines/memory/memory-broker.js';
import { RedisBroker } from '../../src/engines/redis/redis-broker.js';
import { newChannel, publication } from '../../src/testing/contract/publications.js';
import { RedisCluster } from '../harness/redis-cluster.js';
import { RedisServer } from '../harness/redis-server.js';

const HOUR_MS = 3_600_000;

/** So slow that nothing comes back within a test. */
const sends = (quota: number, more: Partial<Rate> = {}): Rate => ({
  ...{ name: 'sends', cost: 1, quota, quotaMs: quota * HOUR_MS },
  ...more,
});
const newChannels = (quota: number): Rate => ({
  ...{ name: 'new-channels', cost: 1, quota, quotaMs: quota * HOUR_MS },
});

describe.each(['memory', 'Redis', 'Redis Cluster'])('Rates of clients, in %s:', (engine) => {
  let redis: RedisServer | undefined;
  let cluster: RedisCluster | undefined;
  /** Two nodes. Without Redis, one. */
  let nodes: Broker[];
  let accountCount = 0;
  let account: string;

  beforeAll(async () => {
    redis = engine === 'Redis' ? await RedisServer.start() : undefined;
    cluster = engine === 'Redis Cluster' ? await RedisCluster.start() : undefined;
    nodes = [openNode(), ...(engine === 'memory' ? [] : [openNode()])];
    await Promise.all(nodes.map((node) => node.open()));
  });
  beforeEach(() => {
    account = `chat.*:${++accountCount}`;
  });
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.close()));
    await redis?.stop();
    await cluster?.stop();
  });

  function openNode(): Broker {
    const option = cluster
      ? { redis: { cluster: cluster.seeds } }
      : redis && { redis: { url: redis.url } };
    const settings = new BirdsongSettings({ channels: {}, ...option });
    return settings.redis ? new RedisBroker(settings, settings.redis) : new MemoryBroker(settings);
  }

  let turn = 0;
  function publish(channel: BrokerChannel, rates: Rate[], idempotencyKey?: string) {
    const node = nodes[turn++ % nodes.length] as Broker;
    const charge = { account, rates };
    return node.publish(channel, { ...publication('x'), idempotencyKey, charge });
  }
  /** How many of these were accepted. The others were refused for their rate. */
  async function accepted(publishes: Promise<unknown>[]): Promise<number> {
    const outcomes = await Promise.allSettled(publishes);
    const refused = outcomes.filter((one) => one.status === 'rejected');
    refused.forEach(({ reason }) => expect(reason).toMatchObject({ code: 'too-many-requests' }));
    return outcomes.length - refused.length;
  }
  const newest = async (channel: BrokerChannel) =>
    (await (nodes[0] as Broker).read(channel, { limit: 0 })).newest.offset;

  test.each([1, 3, 7, 49, 300])(
    'of %d at once, each node counts what the others took',
    async (quota) => {
      const channel = newChannel();
      const publishes = Array.from({ length: quota + 20 }, () => publish(channel, [sends(quota)]));
      expect(await accepted(publishes)).toBe(quota);
      expect(await newest(channel)).toBe(quota);
    },
  );

  test('a refusal says what is exceeded, and for how long', async () => {
    const channel = newChannel();
    await publish(channel, [sends(2)]);
    await publish(channel, [sends(2)]);
    const refusal = publish(channel, [sends(2)]);
    await expect(refusal).rejects.toMatchObject({
      code: 'too-many-requests',
      retryable: true,
      retryAfterSeconds: 3600,
      rateLimit: { name: 'sends', quota: 2, windowSeconds: 7200 },
    });
  });

  test('what is taken comes back, and no faster than the rate', async () => {
    const channel = newChannel();
    const startedAt = performance.now();
    let count = 0;
    let refusedCount = 0;
    while (count < 30) {
      const isAccepted = await publish(channel, [sends(10, { quotaMs: 500 })]).then(
        () => true,
        () => false,
      );
      if (isAccepted) count += 1;
      else refusedCount += 1;
    }
    const elapsedMs = performance.now() - startedAt;
    expect(refusedCount).toBeGreaterThan(0);
    // Redis counts whole milliseconds.
    expect(count).toBeLessThanOrEqual(10 + (elapsedMs + 2) / 50);
  });

  test('a repeat of an idempotency key costs nothing', async () => {
    const channel = newChannel();
    const first = await publish(channel, [sends(2)], 'key');
    for (let count = 0; count < 5; count += 1) {
      expect(await publish(channel, [sends(2)], 'key')).toEqual({ ...first, duplicate: true });
    }
    await publish(channel, [sends(2)]);
    await expect(publish(channel, [sends(2)])).rejects.toMatchObject({ code: 'too-many-requests' });
    expect(await publish(channel, [sends(2)], 'key')).toMatchObject({ duplicate: true });
    expect(await newest(channel)).toBe(2);
  });

  test('a cost beyond the quota is allowed to who has used nothing', async () => {
    const channel = newChannel();
    await publish(channel, [sends(5, { cost: 50 })]);
    const refusal = publish(channel, [sends(5)]);
    await expect(refusal).rejects.toMatchObject({ retryAfterSeconds: 46 * 3600 });

    account = `${account}:other`;
    await publish(channel, [sends(5)]);
    await expect(publish(channel, [sends(5, { cost: 50 })])).rejects.toMatchObject({
      code: 'too-many-requests',
    });
    expect(await newest(channel)).toBe(2);
  });

  test('a new channel costs once, and a refused one does not begin', async () => {
    const [one, two, three] = [newChannel(), newChannel(), newChannel()];
    for (const channel of [one, two, one, two, one]) await publish(channel, [newChannels(2)]);
    await expect(publish(three, [newChannels(2)])).rejects.toMatchObject({
      rateLimit: { name: 'new-channels' },
    });
    await publish(one, [newChannels(2)]);
    if (redis) {
      const keys = await redis.client().keys(`*{${three.name}}*`);
      expect(keys).toEqual([]);
    }
    expect([await newest(one), await newest(three)]).toEqual([4, 0]);
    // It was read meanwhile, and is still new.
    await expect(publish(three, [newChannels(2)])).rejects.toMatchObject({
      code: 'too-many-requests',
    });
  });

  test('where one rate refuses, nothing is taken from the others', async () => {
    const [one, two] = [newChannel(), newChannel()];
    const rates = [sends(3), newChannels(1)];
    await publish(one, rates);
    for (let count = 0; count < 5; count += 1) {
      await expect(publish(two, rates)).rejects.toMatchObject({
        rateLimit: { name: 'new-channels' },
      });
    }
    expect(await accepted([1, 2, 3].map(() => publish(one, rates)))).toBe(2);
  });

  test('each client and each policy has its own', async () => {
    const channel = newChannel();
    await publish(channel, [sends(1)]);
    for (const other of ['chat.*:x', 'news.*:x', 'chat.:room.>:y']) {
      account = `${other}${accountCount}`;
      await publish(channel, [sends(1)]);
    }
    expect(await newest(channel)).toBe(4);
  });
});
