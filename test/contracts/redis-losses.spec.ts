import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Broker, BrokerChannel } from '../../src/broker/broker.port.js';
import type { Position } from '../../src/protocol/position.js';
import { RedisServer } from '../harness/redis-server.js';
import { dataOf, newChannel, publication } from '../../src/testing/contract/publications.js';
import { Recorder } from '../../src/testing/contract/recorder.js';
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

  test('a message that pub/sub lost is fetched before any later one is delivered', async () => {
    const channel = newChannel();
    const one = await world.open();
    const two = await world.open();
    const recorder = await Recorder.on(one, channel);
    await two.publish(channel, publication(1));
    await recorder.messages(1);
    // Appended to history only, as if pub/sub had dropped it.
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

  test('a Redis that comes back with older data hides no loss', async () => {
    const own = await RedisServer.start();
    const channel = newChannel();
    const broker = await world.open({ url: own.url });
    const recorder = await Recorder.on(broker, channel);
    await publishAll(broker, channel, ['kept 1', 'kept 2', 'kept 3']);
    await own.client().save();
    await publishAll(broker, channel, ['lost 4', 'lost 5', 'lost 6']);
    const before = await recorder.messages(6);
    const [kept, lost] = [before[2]?.position, before[5]?.position] as [Position, Position];
    await own.restart();
    const sent = ['new 4', 'new 5', 'new 6', 'new 7'];
    await publishAll(broker, channel, sent);
    await recorder.messages(10);

    // What it got before, then a gap, then the new messages: nothing twice, and no position twice.
    expect(recorder.received.slice(6).map(dataOf)).toEqual(sent);
    const { epoch } = recorder.received[6]?.position as Position;
    expect(epoch).toBeGreaterThan(kept.epoch);
    expect(recorder.gaps).toHaveLength(1);
    // It depends on timing whether the first new message is there when the gap is found.
    expect(recorder.gaps[0]).toMatchObject({ after: lost, resumeAt: { epoch, offset: 3 } });
    // Readers that return later: one never got the lost messages, the other has them.
    const [good, bad] = await Promise.all([
      broker.read(channel, { after: kept, limit: 10 }),
      broker.read(channel, { after: lost, limit: 10 }),
    ]);
    expect(good.messages.map(dataOf)).toEqual(sent);
    expect(good.gap).toMatchObject({ after: kept, oldest: { epoch, offset: 4 } });
    expect(bad.messages.map(dataOf)).toEqual(sent);
    expect(bad.gap).toEqual({ ...recorder.gaps[0], oldest: { epoch, offset: 4 } });
    await broker.close();
    await own.stop();
  });

  test('a reader that is behind what Redis kept is told of what was lost after that', async () => {
    const own = await RedisServer.start();
    const channel = newChannel();
    const [publisher, other] = [
      await world.open({ url: own.url }),
      await world.open({ url: own.url }),
    ];
    await publishAll(publisher, channel, ['kept 1', 'kept 2', 'kept 3']);
    await own.client().save();
    await publishAll(publisher, channel, ['lost 4']);
    const { newest } = await other.read(channel, { limit: 0 });
    await own.restart();
    // Only the publisher knows that there was a fourth message.
    await publishAll(publisher, channel, ['new 4', 'new 5']);
    const epoch = newest.epoch;
    const upTo = await other.read(channel, { after: { epoch, offset: 1 }, limit: 10 });
    const behind = await other.read(channel, { after: { epoch, offset: 3 }, limit: 10 });
    const recorder = await Recorder.on(other, channel);
    await publishAll(publisher, channel, ['new 6']);

    expect([upTo.messages.map(dataOf), upTo.gap]).toEqual([['kept 2', 'kept 3'], undefined]);
    expect(behind.messages.map(dataOf)).toEqual(['new 4', 'new 5']);
    expect(behind.gap).toMatchObject({ after: { epoch, offset: 3 }, oldest: { offset: 4 } });
    expect((await recorder.messages(1)).map(dataOf)).toEqual(['new 6']);
    expect(recorder.gaps).toEqual([]);
    await Promise.all([publisher.close(), other.close()]);
    await own.stop();
  });

  test('what waits for a Redis that does not answer is bounded', async () => {
    const own = await RedisServer.start();
    const channel = newChannel();
    const broker = await world.open({ url: own.url, commandTimeoutMs: 60_000 });
    own.pause();
    const refused: unknown[] = [];
    const accepted: unknown[] = [];
    const megabyte = 'x'.repeat(2 ** 20);
    const settled = Array.from({ length: 100 }, (_, number) =>
      broker.publish(channel, publication(megabyte)).then(
        () => accepted.push(number),
        (error: unknown) => refused.push(error),
      ),
    );
    // Publishes without room are refused at once, the others wait for Redis.
    await Promise.race(settled);
    await new Promise(setImmediate);

    expect([accepted.length, refused.length]).toEqual([0, 37]);
    expect(refused[0]).toMatchObject({ code: 'broker-unavailable', retryAfterSeconds: 1 });
    own.resume();
    await Promise.all(settled);
    expect([accepted.length, refused.length]).toEqual([63, 37]);
    // What has been answered no longer waits.
    await broker.publish(channel, publication(megabyte));
    await broker.close();
    await own.stop();
  });

  test('a Redis that restarts with everything kept causes no gap, however often it restarts', async () => {
    const own = await RedisServer.start();
    const channel = newChannel();
    const broker = await world.open({ url: own.url });
    const recorder = await Recorder.on(broker, channel);
    const sent: string[] = [];
    for (let round = 1; round <= 3; round++) {
      const data = [`${round} a`, `${round} b`];
      await publishAll(broker, channel, data);
      sent.push(...data);
      await own.client().save();
      await own.restart();
    }
    await publishAll(broker, channel, ['last']);
    const received = await recorder.messages(7);

    expect(received.map(dataOf)).toEqual([...sent, 'last']);
    expect(recorder.gaps).toEqual([]);
    expect(received.map(({ position }) => position.offset)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(new Set(received.map(({ position }) => position.epoch)).size).toBe(4);
    for (const [index, { position }] of received.entries()) {
      const page = await broker.read(channel, { after: position, limit: 10 });
      expect(page.gap).toBeUndefined();
      expect(page.messages).toEqual(received.slice(index + 1));
    }
    const newestBefore = await broker.read(channel, { before: received[4]?.position, limit: 2 });
    expect(newestBefore.messages).toEqual(received.slice(2, 4));
    await broker.close();
    await own.stop();
  });
});

/** Publishes one after the other, each until it is accepted. */
async function publishAll(broker: Broker, channel: BrokerChannel, list: readonly unknown[]) {
  for (const data of list) {
    while (!(await isAccepted(broker.publish(channel, publication(data))))) {
      await world.admin.ping();
    }
  }
}

const isAccepted = (outcome: Promise<unknown>): Promise<boolean> =>
  outcome.then(
    () => true,
    () => false,
  );
