import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { BrokerChannel } from '../../src/broker/broker.port.js';
import { RedisCluster } from '../harness/redis-cluster.js';
import { newChannel } from '../../src/testing/contract/publications.js';
import { Publishing } from '../../src/testing/contract/publishing.js';
import { Recorder } from '../../src/testing/contract/recorder.js';
import { Brokers } from './redis-brokers.js';

const world = new Brokers();
let cluster: RedisCluster;

beforeAll(async () => {
  cluster = await RedisCluster.start({
    replicas: true,
    args: ['--min-replicas-to-write', '1', '--min-replicas-max-lag', '10'],
  });
});

afterEach(() => world.closeBrokers());
afterAll(() => cluster.stop());

const open = (options: { commandTimeoutMs?: number; waitForReplicas?: number } = {}) =>
  world.openOn({ cluster: cluster.seeds, probeIntervalMs: 500, ...options });

const keyOf = ({ name }: BrokerChannel) => `birdsong:{${name}}`;

describe('RedisBroker, on a cluster whose master fails over,', () => {
  beforeEach(async () => {
    await cluster.untilWhole();
    await cluster.untilReplicated();
  });

  test('in an orderly way, loses nothing that was acknowledged', async () => {
    const channel = newChannel({ count: 100_000 });
    const [one, two] = await Promise.all([open(), open()]);
    const recorder = await Recorder.on(one, channel);
    const publishing = new Publishing(two, channel);
    await publishing.more(100);
    await cluster.failOver(await cluster.ownerOf(keyOf(channel)));
    await publishing.more(100);
    await publishing.stopAndCatchUp(recorder);

    expect(publishing.faultsOf(recorder)).toEqual([]);
    expect(recorder.gaps).toEqual([]);
  });

  test('by dying, refuses quickly, continues with the replica, and hides no loss', async () => {
    const channel = newChannel({ count: 100_000 });
    const [one, two] = await Promise.all([open(), open({ commandTimeoutMs: 1000 })]);
    const recorder = await Recorder.on(one, channel);
    const publishing = new Publishing(two, channel);
    await publishing.more(100);
    const master = await cluster.ownerOf(keyOf(channel));
    const replica = await cluster.replicaOf(master);
    await master.kill();
    await publishing.refusals(10);
    await cluster.untilMaster(replica);
    // The new master has no replica yet, so it accepts nothing, as configured, until it gets one.
    await master.restart();
    await publishing.more(100);
    await publishing.stopAndCatchUp(recorder);

    expect(publishing.late).toEqual([]);
    // What the replica did not have yet is lost, as Redis replicates after it answers; readers are told.
    expect(publishing.faultsOf(recorder)).toEqual([]);
  });

  test.each(['dies', 'hangs'])(
    'loses nothing acknowledged if sends wait for replicas, when a master %s',
    async (how) => {
      const channel = newChannel({ count: 100_000 });
      const options = { commandTimeoutMs: 1000, waitForReplicas: 1 };
      const [one, two] = await Promise.all([open(options), open(options)]);
      const recorder = await Recorder.on(one, channel);
      const publishing = Array.from(
        { length: 8 },
        (_, index) => new Publishing(two, channel, index * 1_000_000),
      );
      const [first] = publishing as [Publishing];
      await first.more(100);
      const master = await cluster.ownerOf(keyOf(channel));
      const replica = await cluster.replicaOf(master);
      if (how === 'dies') await master.kill();
      else master.pause();
      await first.refusals(1);
      await cluster.untilMaster(replica);
      if (how === 'dies') await master.restart();
      else master.resume();
      await first.more(100);
      await Promise.all(publishing.map((each) => each.stop()));
      await first.stopAndCatchUp(recorder);

      expect(publishing.map((each) => each.lostBy(recorder))).toEqual(publishing.map(() => []));
      expect(publishing.flatMap(({ faults }) => faults)).toEqual([]);
    },
  );

  test('by hanging, refuses after the configured time, and continues with the replica', async () => {
    const channel = newChannel({ count: 100_000 });
    const [one, two] = await Promise.all([open(), open({ commandTimeoutMs: 500 })]);
    const recorder = await Recorder.on(one, channel);
    const publishing = new Publishing(two, channel);
    await publishing.more(100);
    const master = await cluster.ownerOf(keyOf(channel));
    const replica = await cluster.replicaOf(master);
    master.pause();
    await publishing.refusals(10);
    await cluster.untilMaster(replica);
    // It still believes that it is the master, and answers as one, until it hears of the other.
    master.resume();
    await publishing.more(100);
    await publishing.stopAndCatchUp(recorder);

    expect(publishing.late).toEqual([]);
    expect(publishing.faultsOf(recorder)).toEqual([]);
  });
});
