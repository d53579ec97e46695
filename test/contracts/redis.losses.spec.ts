import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { RedisServer } from '../harness/redis-server.js';
import { TcpProxy } from '../harness/tcp-proxy.js';
import { dataOf, newChannel, publication } from './publications.js';
import { Recorder } from './recorder.js';
import { RedisBrokers } from './redis-brokers.js';

let world: RedisBrokers;

beforeAll(async () => {
  world = await RedisBrokers.start();
});

afterAll(() => world.stop());

describe('RedisBroker, through losses,', () => {
  afterEach(() => world.closeBrokers());

  test('a subscriber that Redis disconnects gets what it missed, once and in order', async () => {
    const channel = newChannel();
    const [one, two] = await Promise.all([world.open(), world.open()]);
    const recorder = await Recorder.on(one, channel);
    for (let number = 1; number <= 300; number++) {
      if (number % 50 === 0) {
        await world.admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
      }
      await two.publish(channel, publication(number));
    }

    const received = await recorder.messages(300);
    expect(received.map(dataOf)).toEqual(Array.from({ length: 300 }, (_, index) => index + 1));
    expect(recorder.gaps).toEqual([]);
  });

  test('what came last before a reconnect is fetched though nothing comes after it', async () => {
    const channel = newChannel();
    const proxy = await TcpProxy.start(world.redis.port);
    const one = await world.open({ url: `redis://127.0.0.1:${proxy.port}` });
    const two = await world.open();
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
    const proxy = await TcpProxy.start(world.redis.port);
    const one = await world.open({
      url: `redis://127.0.0.1:${proxy.port}`,
      probeIntervalMs: 100,
      commandTimeoutMs: 300,
    });
    const two = await world.open();
    const recorder = await Recorder.on(one, channel);
    // Redis still counts the connection as subscribed, and what it sends no longer arrives.
    proxy.blackhole();
    await two.publish(channel, publication('into the void'));
    while (one.isAvailable()) {
      await world.admin.ping();
    }
    await proxy.restore();

    expect((await recorder.messages(1)).map(dataOf)).toEqual(['into the void']);
    expect(recorder.gaps).toEqual([]);
    await one.close();
    await proxy.close();
  });

  test('a message that pub/sub lost is fetched before any later one is delivered', async () => {
    const channel = newChannel();
    const one = await world.open();
    const two = await world.open();
    const recorder = await Recorder.on(one, channel);
    await two.publish(channel, publication(1));
    await recorder.messages(1);
    // Published to history only, as if pub/sub had dropped it.
    const { newest } = await two.read(channel, { limit: 0 });
    const base = `birdsong:{${channel.name}}`;
    await world.admin.xadd(
      `${base}:history`,
      `${newest.epoch}-2`,
      't',
      Date.now(),
      'm',
      'message "data":2}',
    );
    await world.admin.hset(`${base}:meta`, 'offset', 2);
    await two.publish(channel, publication(3));

    expect((await recorder.messages(3)).map(dataOf)).toEqual([1, 2, 3]);
  });

  test('a subscriber is told of a gap when history does not reach back to what it missed', async () => {
    const channel = newChannel({ count: 3 });
    const proxy = await TcpProxy.start(world.redis.port);
    const one = await world.open({ url: `redis://127.0.0.1:${proxy.port}` });
    const two = await world.open();
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
    const broker = await world.open();
    const recorder = await Recorder.on(broker, channel);
    const before = await broker.publish(channel, publication('before'));
    await recorder.messages(1);
    // An epoch is a millisecond; no Redis loses its data in the one in which it began to have any.
    while (Date.now() <= before.first.epoch) {
      await world.admin.ping();
    }
    await world.admin.flushall();
    const after = await broker.publish(channel, publication('after'));

    await recorder.messages(2);
    expect(after.first.epoch).toBeGreaterThan(before.first.epoch);
    expect(after.first.offset).toBe(1);
    expect(recorder.received.map(dataOf)).toEqual(['before', 'after']);
    expect(recorder.gaps).toHaveLength(1);
  });

  test('a Redis that comes back with older data forgets nothing unsaid', async () => {
    const own = await RedisServer.start();
    const channel = newChannel();
    const broker = await world.open({ url: own.url });
    const recorder = await Recorder.on(broker, channel);
    for (const data of ['kept 1', 'kept 2', 'kept 3']) {
      await broker.publish(channel, publication(data));
    }
    await own.client().save();
    for (const data of ['lost 4', 'lost 5', 'lost 6']) {
      await broker.publish(channel, publication(data));
    }
    await recorder.messages(6);
    await own.restart();
    const sent: string[] = [];
    while (sent.length < 6) {
      const data = `new ${sent.length}`;
      await broker.publish(channel, publication(data)).then(
        () => sent.push(data),
        () => world.admin.ping(),
      );
    }
    await recorder.until(() => recorder.received.map(dataOf).includes('new 5'));

    // What it got before, a gap, and then all that Redis has: in order, none of the new ones missing.
    const afterGap = recorder.received.map(dataOf).slice(6);
    expect(afterGap).toEqual(['kept 1', 'kept 2', 'kept 3', ...sent]);
    expect(recorder.gaps).toHaveLength(1);
    expect(recorder.gaps[0]?.resumeAt.epoch).toBeGreaterThan(
      recorder.received[0]?.position.epoch ?? Infinity,
    );
    await broker.close();
    await own.stop();
  });
});
