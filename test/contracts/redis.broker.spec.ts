import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { TcpProxy } from '../harness/tcp-proxy.js';
import { brokerContract } from './broker.contract.js';
import { dataOf, newChannel, publication } from './publications.js';
import { Recorder } from './recorder.js';
import { RedisBrokers } from './redis-brokers.js';

let world: RedisBrokers;

beforeAll(async () => {
  world = await RedisBrokers.start();
});

afterAll(() => world.stop());

brokerContract('RedisBroker', () =>
  Promise.resolve({ broker: () => world.open(), close: () => world.closeBrokers() }),
);

describe('RedisBroker, over several nodes,', () => {
  afterEach(() => world.closeBrokers());

  test('what one node publishes, the subscribers of every node get in the same order', async () => {
    const channel = newChannel();
    const [one, two] = await Promise.all([world.open(), world.open()]);
    const recorders = [await Recorder.on(one, channel), await Recorder.on(two, channel)];
    await Promise.all(
      Array.from({ length: 200 }, (_, number) =>
        (number % 2 ? one : two).publish(channel, publication(number)),
      ),
    );

    const [atOne, atTwo] = await Promise.all(recorders.map((recorder) => recorder.messages(200)));
    expect(atOne?.map(dataOf)).toEqual(atTwo?.map(dataOf));
    expect(atOne?.map(({ position }) => position.offset)).toEqual(
      Array.from({ length: 200 }, (_, index) => index + 1),
    );
  });

  test('closing the last subscription unsubscribes', async () => {
    const channel = newChannel();
    const recorder = await Recorder.on(await world.open(), channel);
    await world.subscribers(channel.name, 1);
    recorder.subscription.close();

    await world.subscribers(channel.name, 0);
  });

  test('what somebody else publishes on its channels harms nothing', async () => {
    const channel = newChannel();
    const broker = await world.open();
    const recorder = await Recorder.on(broker, channel);
    await world.admin.publish(`birdsong:{${channel.name}}`, 'hello');
    await world.admin.publish(`birdsong:{${channel.name}}`, '');
    await broker.publish(channel, publication('mine'));

    expect((await recorder.messages(1)).map(dataOf)).toEqual(['mine']);
    expect(recorder.gaps).toEqual([]);
  });

  test('while Redis is away a publish is refused at once, and succeeds once it is back', async () => {
    const channel = newChannel();
    const proxy = await TcpProxy.start(world.redis.port);
    const broker = await world.open({ url: `redis://127.0.0.1:${proxy.port}` });
    await proxy.cut();
    await expect(broker.publish(channel, publication(1))).rejects.toMatchObject({
      code: 'broker-unavailable',
      retryable: true,
    });
    await expect(broker.read(channel, { limit: 1 })).rejects.toMatchObject({
      code: 'broker-unavailable',
    });
    await proxy.restore();
    const deadline = Date.now() + 10_000;
    while (!broker.isAvailable() && Date.now() < deadline) {
      await world.admin.ping();
    }

    expect((await broker.publish(channel, publication(1))).first.offset).toBe(1);
    await broker.close();
    await proxy.close();
  });

  test('a Redis that does not answer fails a publish after the configured time', async () => {
    const proxy = await TcpProxy.start(world.redis.port);
    const broker = await world.open({
      url: `redis://127.0.0.1:${proxy.port}`,
      commandTimeoutMs: 200,
    });
    proxy.blackhole();
    const start = performance.now();
    await expect(broker.publish(newChannel(), publication(1))).rejects.toMatchObject({
      code: 'broker-unavailable',
    });

    expect(performance.now() - start).toBeLessThan(2000);
    await proxy.restore();
    await broker.close();
    await proxy.close();
  });

  test('a broker that cannot reach Redis does not open, and leaves no socket', async () => {
    const proxy = await TcpProxy.start(world.redis.port);
    await proxy.cut();

    await expect(world.open({ url: `redis://127.0.0.1:${proxy.port}` })).rejects.toMatchObject({
      code: 'broker-unavailable',
    });
    await proxy.close();
  });

  test('close leaves no connection', async () => {
    const broker = await world.open({ keyPrefix: 'leaving' });
    await Recorder.on(broker, newChannel());
    await broker.close();
    const connections = async () =>
      ((await world.admin.client('LIST')) as string).match(/name=birdsong-/g)?.length ?? 0;
    while ((await connections()) > 0) {
      // Asks again: Redis notices a closed socket in its own time.
    }
    expect(await connections()).toBe(0);
  });

  test('all keys of a channel are in one slot of a cluster, under the prefix', async () => {
    const broker = await world.open({ keyPrefix: 'mine' });
    const channel = newChannel();
    await broker.publish(channel, publication(1, { idempotencyKey: 'k' }));
    const keys = await world.admin.keys(`mine:*${channel.name}*`);

    expect(keys).toHaveLength(3);
    expect(keys.every((key) => key.startsWith(`mine:{${channel.name}}`))).toBe(true);
    const ttls = await Promise.all(keys.map((key) => world.admin.pttl(key)));
    expect(Math.min(...ttls)).toBeGreaterThan(0);
  });
});
