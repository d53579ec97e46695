import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import type { Broker } from '../../src/broker/broker.port.js';
import type { RedisOptions } from '../../src/options/birdsong.options.js';
import { BirdsongSettings } from '../../src/options/birdsong.settings.js';
import { RedisBroker } from '../../src/redis/redis.broker.js';
import { RedisServer } from '../harness/redis-server.js';
import { TcpProxy } from '../harness/tcp-proxy.js';
import { brokerContract } from './broker.contract.js';
import { dataOf, newChannel, publication } from './publications.js';
import { Recorder } from './recorder.js';

let redis: RedisServer;
let admin: Redis;
const brokers: Broker[] = [];

async function openBroker(options: Partial<RedisOptions> = {}): Promise<Broker> {
  const settings = new BirdsongSettings({ channels: {}, redis: { url: redis.url, ...options } });
  const broker = new RedisBroker(settings, settings.redis as Required<RedisOptions>);
  brokers.push(broker);
  await broker.open();
  return broker;
}

async function closeBrokers(): Promise<void> {
  await Promise.all(brokers.splice(0).map((broker) => broker.close()));
}

beforeAll(async () => {
  redis = await RedisServer.start();
  admin = redis.client();
});

afterAll(() => redis.stop());

brokerContract('RedisBroker', () =>
  Promise.resolve({ broker: () => openBroker(), close: closeBrokers }),
);

/** Resolves once Redis counts this many subscribers of the channel. */
async function subscribers(channel: string, count: number): Promise<void> {
  for (;;) {
    const [, found] = (await admin.pubsub('NUMSUB', `birdsong:{${channel}}`)) as [string, number];
    if (found === count) {
      return;
    }
  }
}

describe('RedisBroker, over several nodes and through losses:', () => {
  afterEach(closeBrokers);

  test('what one node publishes, the subscribers of every node get in the same order', async () => {
    const channel = newChannel();
    const [one, two] = await Promise.all([openBroker(), openBroker()]);
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
    const recorder = await Recorder.on(await openBroker(), channel);
    await subscribers(channel.name, 1);
    recorder.subscription.close();

    await subscribers(channel.name, 0);
  });

  test('a subscriber that Redis disconnects gets what it missed, once and in order', async () => {
    const channel = newChannel();
    const [one, two] = await Promise.all([openBroker(), openBroker()]);
    const recorder = await Recorder.on(one, channel);
    for (let number = 1; number <= 300; number++) {
      if (number % 50 === 0) {
        await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
      }
      await two.publish(channel, publication(number));
    }

    const received = await recorder.messages(300);
    expect(received.map(dataOf)).toEqual(Array.from({ length: 300 }, (_, index) => index + 1));
    expect(recorder.gaps).toEqual([]);
  });

  test('what came last before a reconnect is fetched though nothing comes after it', async () => {
    const channel = newChannel();
    const proxy = await TcpProxy.start(redis.port);
    const one = await openBroker({ url: `redis://127.0.0.1:${proxy.port}` });
    const two = await openBroker();
    const recorder = await Recorder.on(one, channel);
    await proxy.cut();
    await two.publish(channel, publication('missed'));
    await proxy.restore();

    expect((await recorder.messages(1)).map(dataOf)).toEqual(['missed']);
    await one.close();
    await proxy.close();
  });

  test('a connection that silently delivers nothing is found by the probe and healed', async () => {
    const channel = newChannel();
    const proxy = await TcpProxy.start(redis.port);
    const one = await openBroker({
      url: `redis://127.0.0.1:${proxy.port}`,
      probeIntervalMs: 100,
      commandTimeoutMs: 300,
    });
    const two = await openBroker();
    const recorder = await Recorder.on(one, channel);
    // Redis still counts the connection as subscribed, and what it sends no longer arrives.
    proxy.blackhole();
    await two.publish(channel, publication('into the void'));
    while (one.isAvailable()) {
      await admin.ping();
    }
    await proxy.restore();

    expect((await recorder.messages(1)).map(dataOf)).toEqual(['into the void']);
    expect(recorder.gaps).toEqual([]);
    await one.close();
    await proxy.close();
  });

  test('a message that pub/sub lost is fetched before any later one is delivered', async () => {
    const channel = newChannel();
    const one = await openBroker();
    const two = await openBroker();
    const recorder = await Recorder.on(one, channel);
    await two.publish(channel, publication(1));
    await recorder.messages(1);
    // Published to history only, as if pub/sub had dropped it.
    const { newest } = await two.read(channel, { limit: 0 });
    const base = `birdsong:{${channel.name}}`;
    await admin.xadd(
      `${base}:history`,
      `${newest.epoch}-2`,
      't',
      Date.now(),
      'm',
      'message "data":2}',
    );
    await admin.hset(`${base}:meta`, 'offset', 2);
    await two.publish(channel, publication(3));

    expect((await recorder.messages(3)).map(dataOf)).toEqual([1, 2, 3]);
  });

  test('a subscriber is told of a gap when history does not reach back to what it missed', async () => {
    const channel = newChannel({ count: 3 });
    const proxy = await TcpProxy.start(redis.port);
    const one = await openBroker({ url: `redis://127.0.0.1:${proxy.port}` });
    const two = await openBroker();
    const recorder = await Recorder.on(one, channel);
    await two.publish(channel, publication(1));
    await recorder.messages(1);
    await proxy.cut();
    for (let number = 2; number <= 10; number++) {
      await two.publish(channel, publication(number));
    }
    await proxy.restore();

    expect((await recorder.messages(4)).map(dataOf)).toEqual([1, 8, 9, 10]);
    const { epoch } = recorder.subscription.position;
    expect(recorder.gaps).toEqual([
      { after: { epoch, offset: 1 }, oldest: { epoch, offset: 8 }, resumeAt: { epoch, offset: 7 } },
    ]);
    await one.close();
    await proxy.close();
  });

  test('after Redis lost its data a new epoch begins and the subscriber is told', async () => {
    const channel = newChannel();
    const broker = await openBroker();
    const recorder = await Recorder.on(broker, channel);
    const before = await broker.publish(channel, publication('before'));
    await recorder.messages(1);
    // An epoch is a millisecond; no Redis loses its data in the one in which it began to have any.
    while (Date.now() <= before.first.epoch) {
      await admin.ping();
    }
    await admin.flushall();
    const after = await broker.publish(channel, publication('after'));

    await recorder.messages(2);
    expect(after.first.epoch).toBeGreaterThan(before.first.epoch);
    expect(after.first.offset).toBe(1);
    expect(recorder.received.map(dataOf)).toEqual(['before', 'after']);
    expect(recorder.gaps).toHaveLength(1);
  });

  test('while Redis is away a publish is refused at once, and succeeds once it is back', async () => {
    const channel = newChannel();
    const proxy = await TcpProxy.start(redis.port);
    const broker = await openBroker({ url: `redis://127.0.0.1:${proxy.port}` });
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
      await admin.ping();
    }

    expect((await broker.publish(channel, publication(1))).first.offset).toBe(1);
    await broker.close();
    await proxy.close();
  });

  test('a Redis that does not answer fails a publish after the configured time', async () => {
    const proxy = await TcpProxy.start(redis.port);
    const broker = await openBroker({
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
    const proxy = await TcpProxy.start(redis.port);
    await proxy.cut();

    await expect(openBroker({ url: `redis://127.0.0.1:${proxy.port}` })).rejects.toMatchObject({
      code: 'broker-unavailable',
    });
    await proxy.close();
  });

  test('close leaves no connection', async () => {
    const broker = await openBroker({ keyPrefix: 'leaving' });
    await Recorder.on(broker, newChannel());
    await broker.close();
    const connections = async () =>
      ((await admin.client('LIST')) as string).match(/name=birdsong-/g)?.length ?? 0;
    while ((await connections()) > 0) {
      // Asks again: Redis notices a closed socket in its own time.
    }
    expect(await connections()).toBe(0);
  });

  test('all keys of a channel are in one slot of a cluster, under the prefix', async () => {
    const broker = await openBroker({ keyPrefix: 'mine' });
    const channel = newChannel();
    await broker.publish(channel, publication(1, { idempotencyKey: 'k' }));
    const keys = await admin.keys(`mine:*${channel.name}*`);

    expect(keys).toHaveLength(3);
    expect(keys.every((key) => key.startsWith(`mine:{${channel.name}}`))).toBe(true);
    const ttls = await Promise.all(keys.map((key) => admin.pttl(key)));
    expect(Math.min(...ttls)).toBeGreaterThan(0);
  });
});
