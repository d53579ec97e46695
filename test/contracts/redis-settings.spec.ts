import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { RedisServer } from '../harness/redis-server.js';
import { dataOf, newChannel, publication } from '../../src/testing/contract/publications.js';
import { RedisBrokers } from './redis-brokers.js';

/** The Redis settings that docs/operations.md recommends. */
let world: RedisBrokers;

beforeAll(async () => {
  world = await RedisBrokers.start();
});
afterEach(() => world.closeBrokers());
afterAll(() => world.stop());

test('a master that lacks required replicas accepts nothing, and history can still be read', async () => {
  const channel = newChannel();
  const broker = await world.open();
  await broker.publish(channel, publication('before'));
  await world.admin.config('SET', 'min-replicas-to-write', '1');

  await expect(broker.publish(channel, publication('lost'))).rejects.toMatchObject({
    code: 'broker-unavailable',
  });
  const kept = await broker.read(channel, { limit: 10 });
  await world.admin.config('SET', 'min-replicas-to-write', '0');
  await broker.publish(channel, publication('after'));

  expect(kept.messages.map(dataOf)).toEqual(['before']);
  const page = await broker.read(channel, { limit: 10 });
  expect(page.messages.map(dataOf)).toEqual(['before', 'after']);
  expect(page.newest.offset).toBe(2);
});

test('a full Redis with noeviction refuses messages and loses none', async () => {
  const channel = newChannel();
  const broker = await world.open();
  await broker.publish(channel, publication('before'));
  await world.admin.config('SET', 'maxmemory-policy', 'noeviction');
  await world.admin.config('SET', 'maxmemory', '1');

  await expect(broker.publish(channel, publication('lost'))).rejects.toMatchObject({
    code: 'broker-unavailable',
  });
  const kept = await broker.read(channel, { limit: 10 });
  await world.admin.config('SET', 'maxmemory', '0');

  expect(kept.messages.map(dataOf)).toEqual(['before']);
});

test('a killed Redis with an append-only file still has everything acknowledged', async () => {
  const redis = await RedisServer.start({
    args: ['--appendonly', 'yes', '--appendfsync', 'everysec'],
  });
  const channel = newChannel();
  const broker = await world.open({ url: redis.url });
  const sent = Array.from({ length: 300 }, (_, number) => number);
  await Promise.all(
    sent.map((number) =>
      broker.publish(channel, publication(number, { idempotencyKey: `k${number}` })),
    ),
  );
  await redis.restart();
  const again = await world.open({ url: redis.url });
  const repeat = await again.publish(channel, publication('again', { idempotencyKey: 'k7' }));
  const page = await again.read(channel, { limit: 1000 });
  await world.closeBrokers();
  await redis.stop();

  expect(page.messages.map(dataOf)).toEqual(sent);
  expect(repeat.duplicate).toBe(true);
});
