import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { BirdsongError } from '../../src/errors/birdsong-error.js';
import type { Broker } from '../../src/broker/broker.port.js';
import { settlesBefore } from '../harness/deadline.js';
import { RedisServer } from '../harness/redis-server.js';
import { Replication } from '../harness/replication.js';
import { dataOf, newChannel, publication } from '../../src/testing/contract/publications.js';
import { Publishing } from '../../src/testing/contract/publishing.js';
import { Recorder } from '../../src/testing/contract/recorder.js';
import { Brokers } from './redis-brokers.js';

const COMMAND_TIMEOUT_MS = 400;

describe('RedisBroker, waiting for a replica,', () => {
  const world = new Brokers();
  let master: RedisServer;
  let replication: Replication;

  beforeEach(async () => {
    master = await RedisServer.start({ args: ['--repl-diskless-sync-delay', '0'] });
    replication = await Replication.of(master, []);
  });
  afterEach(async () => {
    await world.closeBrokers();
    await replication.end();
    await master.stop();
  });

  const open = (options = {}): Promise<Broker> =>
    world.openOn({
      url: master.url,
      commandTimeoutMs: COMMAND_TIMEOUT_MS,
      waitForReplicas: 1,
      ...options,
    });
  const expectRefused = async (publishing: Promise<unknown>): Promise<void> => {
    const error = await publishing.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(BirdsongError);
    expect(error).toMatchObject({ code: 'broker-unavailable', retryAfterSeconds: 1 });
  };

  test('starts on a master that has just become a replica, and says why it takes nothing', async () => {
    const node = await open({ url: replication.replica.url });
    expect(node.unavailableReason()).toBe('read-only');
    await expectRefused(node.publish(newChannel(), publication('no')));
  });

  test('acknowledges messages that the replica has', async () => {
    const channel = newChannel({ count: 10_000 });
    const [one, two] = await Promise.all([open(), open()]);
    const recorder = await Recorder.on(one, channel);
    const publishing = [new Publishing(one, newChannel()), new Publishing(two, channel)] as const;
    await Promise.all(publishing.map((each) => each.more(200)));
    await publishing[0].stop();
    await publishing[1].stopAndCatchUp(recorder);

    expect(publishing.map(({ refused }) => refused)).toEqual([[], []]);
    expect(publishing[1].faultsOf(recorder)).toEqual([]);
  });

  test('acknowledges nothing without the replica, and a repeat once the replica has it', async () => {
    const channel = newChannel();
    const [one, two] = await Promise.all([open(), open()]);
    const recorder = await Recorder.on(two, channel);
    const message = { ...publication('held'), idempotencyKey: 'held' };
    replication.link.blackhole();
    await expectRefused(one.publish(channel, message));
    // Nor a repeat over a connection that has written nothing yet.
    await expectRefused(two.publish(channel, message));
    await replication.link.restore();
    await replication.caughtUp();

    const { duplicate, first } = await two.publish(channel, message);
    expect([duplicate, first]).toEqual([true, recorder.received[0]?.position]);
    expect((await one.read(channel, { limit: 10 })).messages.map(dataOf)).toEqual(['held']);
    expect(recorder.received.map(dataOf)).toEqual(['held']);
  });

  test('serves readers meanwhile', async () => {
    const [quiet, channel] = [newChannel(), newChannel()];
    const one = await open({ commandTimeoutMs: 1000 });
    replication.link.blackhole();
    let isOver = false;
    const sending = one.publish(channel, publication('held')).catch(() => (isOver = true));
    const page = await one.read(quiet, { limit: 1 });

    expect([page.messages, isOver]).toEqual([[], false]);
    await sending;
    expect(isOver).toBe(true);
  });

  test('answers in time, however much is published', async () => {
    const channel = newChannel();
    const one = await open();
    replication.link.blackhole();
    for (let count = 0; count < 5; count++) {
      const refusals = Promise.all(
        Array.from({ length: 100 }, () => expectRefused(one.publish(channel, publication(count)))),
      );
      expect(await settlesBefore(2 * COMMAND_TIMEOUT_MS, refusals)).toBe(true);
      await refusals;
    }
  });

  test('loses nothing acknowledged when the master dies, and the replica takes its place', async () => {
    const channel = newChannel({ count: 100_000 });
    const [one, two] = await Promise.all([open(), open()]);
    const recorder = await Recorder.on(one, channel);
    const publishing = new Publishing(two, channel);
    await publishing.more(200);
    replication.link.blackhole();
    // The master accepts more than its replica will ever have, and readers get that too.
    await recorder.messages(recorder.received.length + 1);
    await one.read(channel, { limit: 1 });
    await master.kill();
    await publishing.refusals(1);
    await publishing.stop();
    await replication.promote();
    const three = await open({ url: replication.replica.url, waitForReplicas: 0 });
    const { messages } = await three.read(channel, { limit: 100_000 });

    const kept = new Set(messages.map(dataOf));
    expect(publishing.acknowledged.filter((number) => !kept.has(number))).toEqual([]);
    expect(recorder.gaps).toEqual([]);
  });
});
