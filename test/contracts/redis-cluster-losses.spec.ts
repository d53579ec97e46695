import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { BrokerChannel } from '../../src/broker/broker.port.js';
import { RedisCluster } from '../harness/redis-cluster.js';
import type { RedisServer } from '../harness/redis-server.js';
import { batch, dataOf, newChannel, publication } from '../../src/testing/contract/publications.js';
import { Publishing } from '../../src/testing/contract/publishing.js';
import { Recorder } from '../../src/testing/contract/recorder.js';
import { Brokers } from './redis-brokers.js';

const world = new Brokers();
let cluster: RedisCluster;

beforeAll(async () => {
  cluster = await RedisCluster.start();
});

afterEach(() => world.closeBrokers());
afterAll(() => cluster.stop());

/** Without probes, which would eventually find what must be noticed at once. */
const open = (options: { probeIntervalMs?: number; commandTimeoutMs?: number } = {}) =>
  world.openOn({ cluster: cluster.seeds, probeIntervalMs: 600_000, ...options });

const keyOf = ({ name }: BrokerChannel) => `birdsong:{${name}}`;
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

/** A master that does not have the channel. */
async function otherMaster(channel: BrokerChannel): Promise<RedisServer> {
  const owner = await cluster.ownerOf(keyOf(channel));
  const other = cluster.masters.find((node) => node !== owner);
  if (!other) throw new Error('there is one master only');
  return other;
}

async function channelOf(master: RedisServer): Promise<BrokerChannel> {
  for (;;) {
    const channel = newChannel();
    if ((await cluster.ownerOf(keyOf(channel))) === master) return channel;
  }
}

describe('RedisBroker, on a cluster, through losses,', () => {
  test('a slot that moves back and forth during publishes loses nothing and refuses nothing', async () => {
    const channel = newChannel({ count: 100_000 });
    const [one, two] = await Promise.all([open(), open()]);
    const [near, far] = [await Recorder.on(one, channel), await Recorder.on(two, channel)];
    const publishing = new Publishing(two, channel);
    for (let move = 1; move <= 6; move++) {
      await publishing.more(50);
      await cluster.moveSlot(keyOf(channel), await otherMaster(channel));
    }
    await publishing.more(50);

    for (const recorder of [near, far]) {
      await publishing.stopAndCatchUp(recorder);
      expect(publishing.faultsOf(recorder)).toEqual([]);
      expect(recorder.gaps).toEqual([]);
    }
    expect(publishing.refused).toEqual([]);
  });

  test('while a slot is between two shards, published messages arrive at once', async () => {
    const channel = newChannel();
    const broker = await open();
    const recorder = await Recorder.on(broker, channel);
    await broker.publish(channel, publication(1));
    const to = await otherMaster(channel);
    await cluster.beginMove(keyOf(channel), to);
    await broker.publish(channel, publication(2));
    await cluster.moveKeys(keyOf(channel), to);
    await broker.publish(channel, publication(3));
    await broker.publish(channel, publication(4));

    expect((await recorder.messages(4)).map(dataOf)).toEqual(upTo(4));
    const { messages } = await broker.read(channel, { limit: 10 });
    expect(messages.map(dataOf)).toEqual(upTo(4));
    await cluster.endMove(keyOf(channel), to);
  });

  test('messages are deleted and read while a slot is between two shards', async () => {
    const channel = newChannel();
    const broker = await open();
    const recorder = await Recorder.on(broker, channel);
    const { first } = await broker.publish(channel, batch([1, 2, 3, 4]));
    const remove = (offset: number) =>
      broker.revise(channel, { kind: 'delete', position: { ...first, offset } }, Date.now());
    const types = async () =>
      (await broker.read(channel, { limit: 10 })).messages.map(({ type }) => type);
    const gone = 'stream.deleted';
    const to = await otherMaster(channel);

    expect(await remove(1)).toBe(1);
    await cluster.beginMove(keyOf(channel), to);
    expect(await remove(2)).toBe(1);
    expect(await types()).toEqual([gone, gone, 'message', 'message', gone, gone]);
    await cluster.moveKeys(keyOf(channel), to);
    expect(await remove(3)).toBe(1);
    expect(await types()).toEqual([gone, gone, gone, 'message', gone, gone, gone]);
    expect((await recorder.messages(7)).slice(4).map(({ type }) => type)).toEqual([
      gone,
      gone,
      gone,
    ]);
    await cluster.endMove(keyOf(channel), to);
  });

  test('a publish with a key that does not exist yet waits for a moving slot to arrive', async () => {
    const channel = newChannel();
    const broker = await open();
    await broker.publish(channel, publication(1));
    const to = await otherMaster(channel);
    await cluster.beginMove(keyOf(channel), to);
    const sent = broker.publish(channel, publication(2, { idempotencyKey: 'new' }));
    await cluster.moveKeys(keyOf(channel), to);
    await cluster.endMove(keyOf(channel), to);

    expect((await sent).first.offset).toBe(2);
  });

  test('a publish is refused if the slot takes longer than configured to arrive', async () => {
    const channel = newChannel();
    const broker = await open({ commandTimeoutMs: 300 });
    const to = await otherMaster(channel);
    await cluster.beginMove(keyOf(channel), to);
    await expect(broker.publish(channel, publication(1))).rejects.toMatchObject({
      code: 'broker-unavailable',
    });
    await cluster.endMove(keyOf(channel), to);

    expect((await broker.publish(channel, publication(1))).first.offset).toBe(1);
  });

  test('subscribers that Redis disconnects get what they missed, once and in order', async () => {
    const channels = Array.from({ length: 6 }, () => newChannel());
    const [one, two] = await Promise.all([open(), open()]);
    const recorders = await Promise.all(channels.map((channel) => Recorder.on(one, channel)));
    for (let number = 1; number <= 200; number++) {
      if (number % 40 === 0) {
        for (const node of cluster.masters) {
          await cluster.client(node).call('CLIENT', 'KILL', 'TYPE', 'pubsub');
        }
      }
      await Promise.all(channels.map((channel) => two.publish(channel, publication(number))));
    }

    for (const recorder of recorders) {
      expect((await recorder.messages(200)).map(dataOf)).toEqual(upTo(200));
      expect(recorder.gaps).toEqual([]);
    }
  });

  test('a slot that left and came back unnoticed is resubscribed', async () => {
    const channel = newChannel();
    const [one, two] = await Promise.all([open(), open()]);
    const recorder = await Recorder.on(one, channel);
    const home = await cluster.ownerOf(keyOf(channel));
    // Faster than the broker can notice: the slot is where it was, but its subscriptions are gone.
    await cluster.moveSlot(keyOf(channel), await otherMaster(channel));
    await cluster.moveSlot(keyOf(channel), home);
    await two.publish(channel, publication(1));

    expect((await recorder.messages(1)).map(dataOf)).toEqual([1]);
    await two.publish(channel, publication(2));
    expect((await recorder.messages(2)).map(dataOf)).toEqual([1, 2]);
  });

  test('a slot can move to a master that joined later', async () => {
    const channel = newChannel();
    const broker = await open();
    const recorder = await Recorder.on(broker, channel);
    await broker.publish(channel, publication(1));
    const joined = await cluster.addMaster();
    await cluster.moveSlot(keyOf(channel), joined);
    await broker.publish(channel, publication(2));

    expect((await recorder.messages(2)).map(dataOf)).toEqual([1, 2]);
    expect(recorder.gaps).toEqual([]);
  });

  test('a shard’s silent connections are detected by its probe and replaced', async () => {
    const channel = newChannel();
    const owner = await cluster.ownerOf(keyOf(channel));
    const proxy = await cluster.proxy(owner);
    const broker = await open({ probeIntervalMs: 100, commandTimeoutMs: 300 });
    const recorder = await Recorder.on(broker, channel);
    const { first } = await broker.publish(channel, publication(1));
    proxy.blackhole();
    // As the script of another node that reaches this shard would.
    const admin = cluster.client(owner);
    const position = `${first.epoch}-2`;
    await admin.xadd(
      `${keyOf(channel)}:history`,
      position,
      't',
      Date.now(),
      'm',
      'message "data":2}',
    );
    await admin.hset(`${keyOf(channel)}:meta`, 'offset', 2);
    while (broker.isAvailable()) {
      await admin.ping();
    }
    const elsewhere = await channelOf(await otherMaster(channel));
    expect((await broker.publish(elsewhere, publication(1))).first.offset).toBe(1);
    await expect(broker.publish(channel, publication('x'))).rejects.toMatchObject({
      code: 'broker-unavailable',
    });
    await proxy.restore();

    expect((await recorder.messages(2)).map(dataOf)).toEqual([1, 2]);
    expect(recorder.gaps).toEqual([]);
  });
});
