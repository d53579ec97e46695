import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { BirdsongNode } from '../harness/birdsong-node.js';
import { request } from '../harness/http-client.js';
import { RedisCluster } from '../harness/redis-cluster.js';
import type { RedisServer } from '../harness/redis-server.js';
import { ClusterCrowd } from './cluster-crowd.js';

/** The only refusal that an outage may cause. */
const REFUSAL = '503, Retry-After 1';

let channelCount = 0;

describe('Two nodes on a Redis Cluster', () => {
  let cluster: RedisCluster;
  let nodes: BirdsongNode[];
  let channels: string[];
  let crowd: ClusterCrowd;

  beforeAll(async () => {
    cluster = await RedisCluster.start({
      replicas: true,
      args: ['--min-replicas-to-write', '1', '--cluster-require-full-coverage', 'no'],
    });
    const env = {
      REDIS_CLUSTER_NODES: cluster.addresses,
      REDIS_COMMAND_TIMEOUT_MS: '1000',
      REDIS_PROBE_INTERVAL_MS: '500',
      HISTORY_COUNT: '100000',
      LOG_LEVEL: 'warn',
    };
    nodes = await Promise.all([BirdsongNode.start({ env }), BirdsongNode.start({ env })]);
  });
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    await cluster.stop();
  });

  beforeEach(async () => {
    await cluster.untilWhole();
    await cluster.untilReplicated();
    channels = await channelEach();
    crowd = await ClusterCrowd.gather(nodes, channels);
  });
  afterEach(() => crowd.leave());

  const keyOf = (channel: string | undefined) => `birdsong:{${channel ?? ''}}`;

  /** A channel at each master. */
  async function channelEach(): Promise<string[]> {
    const found = new Map<RedisServer, string>();
    while (found.size < 3) {
      const channel = `public.${(channelCount += 1)}`;
      found.set(await cluster.ownerOf(keyOf(channel)), channel);
    }
    return [...found.values()];
  }

  async function expectNothingLost(): Promise<void> {
    await crowd.settle();
    expect(crowd.faults()).toEqual([]);
    expect(crowd.gapCount()).toBe(0);
  }

  test('lose and refuse nothing while slots move', async () => {
    for (let round = 1; round <= 2; round++) {
      for (const channel of channels) {
        const owner = await cluster.ownerOf(keyOf(channel));
        const [other] = cluster.masters.filter((node) => node !== owner);
        await cluster.moveSlot(keyOf(channel), other ?? owner);
        await crowd.flow(10);
      }
    }
    await expectNothingLost();
    expect([...crowd.refusals]).toEqual([]);
  });

  test('lose nothing when Redis cuts their subscriber connections', async () => {
    for (let time = 0; time < 3; time++) {
      for (const node of cluster.nodes) {
        await cluster.client(node).call('CLIENT', 'KILL', 'TYPE', 'pubsub');
      }
      await crowd.flow(10);
    }
    await expectNothingLost();
  });

  test('lose nothing when a master hands over to its replica', async () => {
    await cluster.failOver(await cluster.ownerOf(keyOf(channels[0])));
    await crowd.flow(20);
    await expectNothingLost();
    expect([...crowd.refusals].filter((refusal) => refusal !== REFUSAL)).toEqual([]);
  });

  test('continue with the replica when a master is killed, refuse meanwhile, and hide no loss', async () => {
    const master = await cluster.ownerOf(keyOf(channels[0]));
    const replica = await cluster.replicaOf(master);
    await master.kill();
    await isReady(503);
    await cluster.untilMaster(replica);
    // The new master accepts messages once it has a replica.
    await master.restart();
    await crowd.flow(20);
    await crowd.settle();

    // Readers are told of what the replica did not have yet.
    expect(crowd.gapCount() > 0 ? [] : crowd.faults()).toEqual([]);
    expect([...crowd.refusals]).toEqual([REFUSAL]);
    await isReady(200);
  });

  async function isReady(status: number): Promise<void> {
    for (const { url } of nodes) {
      while ((await request(`${url}/health/ready`)).status !== status) {
        // Polls until the test's own deadline.
      }
    }
  }
});
