import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Broker } from '../../src/broker/broker.port.js';
import { BirdsongSettings } from '../../src/config/birdsong-settings.js';
import { MemoryBroker } from '../../src/engines/memory/memory-broker.js';
import { RedisBroker } from '../../src/engines/redis/redis-broker.js';
import type { RedisSettings } from '../../src/config/redis-settings.js';
import { newChannel, publication } from '../../src/testing/contract/publications.js';
import { RedisServer } from '../harness/redis-server.js';
import { until } from '../harness/until.js';

describe.each(['memory', 'Redis'])('A channel without new messages, in %s,', (engine) => {
  let redis: RedisServer;
  let broker: Broker;

  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterEach(() => broker.close());
  afterAll(() => redis.stop());

  async function open(keepPositionsSeconds: number): Promise<void> {
    const settings = new BirdsongSettings({
      channels: {},
      redis: { url: redis.url },
      idempotencySeconds: 1,
      keepPositionsSeconds,
    });
    broker =
      engine === 'memory'
        ? new MemoryBroker(settings)
        : new RedisBroker(settings, settings.redis as RedisSettings);
    await broker.open();
  }

  const channel = () => newChannel({ count: 10, ageSeconds: 1 });

  test('forgets its position after the time that is set, and whoever comes back is told', async () => {
    await open(2);
    const asked = channel();
    const { first } = await broker.publish(asked, publication('once', { idempotencyKey: 'k' }));
    await until('a gap', async () => {
      const { gap } = await broker.read(asked, { after: first, limit: 1 });
      return gap !== undefined;
    });
    const again = await broker.publish(asked, publication('again'));

    expect(again.first.epoch).toBeGreaterThan(first.epoch);
    expect(await redis.client().keys('*')).toHaveLength(engine === 'memory' ? 0 : 2);
  });

  test('keeps its position longer than its history, and goes on there', async () => {
    await open(3600);
    const asked = channel();
    const { first } = await broker.publish(asked, publication('once'));
    await until('no history', async () => {
      const { messages } = await broker.read(asked, { limit: 1 });
      return messages.length === 0;
    });

    expect((await broker.read(asked, { after: first, limit: 1 })).gap).toBeUndefined();
    expect((await broker.publish(asked, publication('next'))).first).toEqual({
      epoch: first.epoch,
      offset: first.offset + 1,
    });
  });
});
