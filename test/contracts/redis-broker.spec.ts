import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { settlesBefore } from '../harness/deadline.js';
import { TcpProxy } from '../harness/tcp-proxy.js';
import { dataOf, newChannel, publication } from '../../src/testing/contract/publications.js';
import { Recorder } from '../../src/testing/contract/recorder.js';
import { provesContract } from './proves-contract.js';
import { proxyLink } from './proxy-link.js';
import { createRedisBroker, RedisBrokers } from './redis-brokers.js';

let world: RedisBrokers;

beforeAll(async () => {
  world = await RedisBrokers.start();
});

afterAll(() => world.stop());

provesContract('RedisBroker', () => {
  const proxies: TcpProxy[] = [];
  return {
    node: async () => {
      const proxy = await TcpProxy.start(world.redis.port);
      proxies.push(proxy);
      const url = `redis://127.0.0.1:${proxy.port}`;
      return {
        createBroker: () =>
          createRedisBroker({ url, probeIntervalMs: 100, commandTimeoutMs: 2000 }),
        link: proxyLink(proxy),
      };
    },
    store: {
      save: async () => {
        await world.admin.save();
      },
      crash: () => world.redis.restart(),
    },
    close: async () => {
      await Promise.all(proxies.map((proxy) => proxy.close()));
    },
  };
});

describe('RedisBroker, over several nodes,', () => {
  afterEach(() => world.closeBrokers());

  test('closing the last subscription unsubscribes', async () => {
    const channel = newChannel();
    const recorder = await Recorder.on(await world.open(), channel);
    await world.subscribers(channel.name, 1);
    recorder.subscription.close();

    await world.subscribers(channel.name, 0);
  });

  test('what other software publishes on its channels does no harm', async () => {
    const channel = newChannel();
    const broker = await world.open();
    const recorder = await Recorder.on(broker, channel);
    await world.admin.publish(`birdsong:{${channel.name}}`, 'hello');
    await world.admin.publish(`birdsong:{${channel.name}}`, '');
    await broker.publish(channel, publication('mine'));

    expect((await recorder.messages(1)).map(dataOf)).toEqual(['mine']);
    expect(recorder.gaps).toEqual([]);
  });

  test('a Redis that does not answer fails a publish after the configured time', async () => {
    const proxy = await TcpProxy.start(world.redis.port);
    const broker = await world.open({
      url: `redis://127.0.0.1:${proxy.port}`,
      commandTimeoutMs: 200,
    });
    proxy.blackhole();
    const publishing = broker.publish(newChannel(), publication(1));

    expect(await settlesBefore(2000, publishing)).toBe(true);
    await expect(publishing).rejects.toMatchObject({ code: 'broker-unavailable' });
    await proxy.restore();
    await broker.close();
    await proxy.close();
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
