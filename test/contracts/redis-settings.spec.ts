import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { RedisServer } from '../harness/redis-server.js';
import { dataOf, newChannel, publication } from '../../src/testing/contract/publications.js';
import { Recorder } from '../../src/testing/contract/recorder.js';
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

test('a full Redis takes no message in a new channel either', async () => {
  const broker = await world.open();
  await world.admin.config('SET', 'maxmemory-policy', 'noeviction');
  await world.admin.config('SET', 'maxmemory', '1');
  const refusals = await Promise.all(
    Array.from({ length: 5 }, () =>
      broker.publish(newChannel(), publication('too much')).catch((error: unknown) => error),
    ),
  );
  await world.admin.config('SET', 'maxmemory', '0');

  expect(refusals).toEqual(
    refusals.map(() => expect.objectContaining({ code: 'broker-unavailable', reason: 'full' })),
  );
});

test.each(['/1', '?db=1'])(
  'nodes of another database (%s) hear and read nothing of a channel of the same name',
  async (database) => {
    const channel = newChannel();
    const here = await world.open();
    const there = await world.open({ url: `${world.redis.url}${database}` });
    const [heard, own] = [await Recorder.on(here, channel), await Recorder.on(there, channel)];
    const scriptCount = async () =>
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(await world.admin.info('commandstats'))?.[1] ?? 0);
    await there.publish(channel, publication(0));
    await here.read(channel, { limit: 1 });
    const before = await scriptCount();
    for (let count = 1; count <= 20; count++) await there.publish(channel, publication(count));
    await own.messages(21);
    await here.publish(channel, publication('own'));

    expect((await heard.messages(1)).map(dataOf)).toEqual(['own']);
    // Apart from the periodic probes, a script for each publish, and none to read what this node cannot see.
    expect((await scriptCount()) - before).toBeLessThan(20 + 1 + 10);
    expect((await here.read(channel, { limit: 10 })).messages.map(dataOf)).toEqual(['own']);
  },
);
