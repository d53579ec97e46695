import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { slotOf } from '../../src/engines/redis/slots.js';
import type { RedisCluster } from '../harness/redis-cluster.js';
import { dataOf, newChannel, publication } from '../../src/testing/contract/publications.js';
import { Recorder } from '../../src/testing/contract/recorder.js';
import { provesContract } from './proves-contract.js';
import { Brokers } from './redis-brokers.js';
import { RedisClusterNetwork } from './redis-cluster-network.js';

const world = new Brokers();
let network: RedisClusterNetwork;
let cluster: RedisCluster;

beforeAll(async () => {
  network = await RedisClusterNetwork.start();
  ({ cluster } = network);
});

afterEach(() => world.closeBrokers());
afterAll(() => network.stop());

const open = () => world.openOn({ cluster: cluster.seeds });

provesContract('RedisBroker, on a cluster,', () => network.world());

/** A channel at each master. */
async function channelEach() {
  const found = new Map<number, ReturnType<typeof newChannel>>();
  while (found.size < cluster.masters.length) {
    const channel = newChannel();
    const { port } = await cluster.ownerOf(`{${channel.name}}`);
    found.set(port, channel);
  }
  return [...found.values()];
}

describe('RedisBroker, on a cluster,', () => {
  test('knows the slot of every channel', async () => {
    const [node] = cluster.masters;
    for (const name of ['a', 'chat.lobby', 'A-Z_0:9.z', 'x'.repeat(128), '123456789']) {
      expect([name, slotOf(name)]).toEqual([
        name,
        node && (await cluster.client(node).cluster('KEYSLOT', `birdsong:{${name}}:meta`)),
      ]);
    }
  });

  test('serves channels of every shard at once, to every node', async () => {
    const channels = await channelEach();
    const [one, two] = await Promise.all([open(), open()]);
    const recorders = await Promise.all(
      [one, two].flatMap((node) => channels.map((channel) => Recorder.on(node, channel))),
    );
    await Promise.all(
      Array.from({ length: 300 }, (_, number) =>
        Promise.all(
          channels.map((channel) => (number % 2 ? one : two).publish(channel, publication(number))),
        ),
      ),
    );

    for (const recorder of recorders) {
      const received = await recorder.messages(300);
      expect(received.map(({ position }) => position.offset)).toEqual(
        Array.from({ length: 300 }, (_, index) => index + 1),
      );
    }
  });

  test('has one subscriber connection and one for commands at each shard, however many channels', async () => {
    const broker = await open();
    for (let count = 0; count < 50; count++) {
      await Recorder.on(broker, newChannel());
    }
    for (const node of cluster.masters) {
      const list = String(await cluster.client(node).client('LIST'));
      expect(list.match(/name=birdsong-\S+/g)?.sort()).toEqual([
        'name=birdsong-commands',
        'name=birdsong-subscriber',
      ]);
    }
  });

  test('needs to be given only one node', async () => {
    const broker = await world.openOn({ cluster: cluster.seeds.slice(0, 1) });
    for (const channel of await channelEach()) {
      expect((await broker.publish(channel, publication(1))).first.offset).toBe(1);
    }
  });

  test('closing the last subscription unsubscribes', async () => {
    const channel = newChannel();
    const recorder = await Recorder.on(await open(), channel);
    const name = `birdsong:{${channel.name}}`;
    const admin = cluster.client(await cluster.ownerOf(name));
    const count = async () => ((await admin.pubsub('SHARDNUMSUB', name)) as [string, number])[1];
    expect(await count()).toBe(1);
    recorder.subscription.close();
    while ((await count()) > 0) {
      // Polls until the test's own deadline.
    }
  });

  test('what other software publishes on its channels does no harm', async () => {
    const channel = newChannel();
    const broker = await open();
    const recorder = await Recorder.on(broker, channel);
    const name = `birdsong:{${channel.name}}`;
    await cluster.client(await cluster.ownerOf(name)).spublish(name, 'hello');
    await broker.publish(channel, publication('mine'));

    expect((await recorder.messages(1)).map(dataOf)).toEqual(['mine']);
    expect(recorder.gaps).toEqual([]);
  });

  test('a cluster node given as a single Redis is refused at boot, by name', async () => {
    const url = cluster.masters[0]?.url ?? '';
    await expect(world.openOn({ url })).rejects.toThrow('is a node of a Redis Cluster');
  });
});
