import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { RedisSentinels } from '../harness/redis-sentinels.js';
import { newChannel } from '../../src/testing/contract/publications.js';
import { Publishing } from '../../src/testing/contract/publishing.js';
import { Recorder } from '../../src/testing/contract/recorder.js';
import { Brokers } from './redis-brokers.js';

const world = new Brokers();
let watched: RedisSentinels;

beforeAll(async () => {
  watched = await RedisSentinels.start();
});

afterEach(() => world.closeBrokers());
afterAll(() => watched.stop());

const open = () =>
  world.openOn({ ...watched.options, commandTimeoutMs: 1000, probeIntervalMs: 500 });

describe('RedisBroker, on a master that Sentinels watch,', () => {
  test('continues with the replica when the master hangs, even if a Sentinel is dead', async () => {
    await watched.killOne();
    const channel = newChannel({ count: 100_000 });
    const [one, two] = await Promise.all([open(), open()]);
    const recorder = await Recorder.on(one, channel);
    const publishing = new Publishing(two, channel);
    await publishing.more(100);
    const [master, replica] = watched.redises;
    master.pause();
    await publishing.refusals(1);
    await watched.untilMaster(replica);
    await publishing.more(100);
    // It believes that it is the master until a Sentinel tells it otherwise, so asking it would not help.
    master.resume();
    await publishing.more(100);
    await publishing.stopAndCatchUp(recorder);

    expect(publishing.late).toEqual([]);
    expect(publishing.faultsOf(recorder)).toEqual([]);
  });

  test('does not open if the Sentinels do not know the master’s name, or do not answer', async () => {
    const { sentinel } = watched.options;
    await expect(world.openOn({ sentinel: { ...sentinel, name: 'nobody' } })).rejects.toThrow(
      'No such master',
    );
    await expect(
      world.openOn({ sentinel: { ...sentinel, nodes: [{ host: '127.0.0.1', port: 1 }] } }),
    ).rejects.toThrow('Redis Sentinel at 127.0.0.1:1: connect ECONNREFUSED');
  });
});
