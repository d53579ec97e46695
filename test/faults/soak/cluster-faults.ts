import type { ClusterWorld } from '../world/cluster-world.js';
import type { Dice } from './dice.js';
import type { Faults, Mix } from './fault.js';
import { NODE_FAULTS } from './node-faults.js';

/** The channels of a world's readers and publishers. */
const CHANNELS = ['public.a', 'public.b'] as const;

const keyOf = (channel: string) => `birdsong:{${channel}}`;
const anyKey = (dice: Dice) => keyOf(dice.pick(CHANNELS));

/** Has the master of some channel be no more until its replica has taken over, which then is left alone with it. */
async function replace(
  { cluster }: ClusterWorld,
  dice: Dice,
  be: 'killed' | 'frozen',
): Promise<void> {
  const master = await cluster.ownerOf(anyKey(dice));
  const replica = await cluster.replicaOf(master);
  if (be === 'killed') await master.kill();
  else master.pause();
  await cluster.untilMaster(replica);
  if (be === 'killed') await master.restart();
  else master.resume();
}

/** Faults of the cluster, after each of which it is whole again, and has all that it acknowledged. */
const CLUSTER_FAULTS = {
  'master hands over': async ({ cluster }, dice) => {
    await cluster.failOver(await cluster.ownerOf(anyKey(dice)));
  },
  'master is killed, and replaced': (world, dice) => replace(world, dice, 'killed'),
  'master freezes, and is replaced': (world, dice) => replace(world, dice, 'frozen'),
  'master is killed, and back at once': async ({ cluster }, dice) => {
    const master = await cluster.ownerOf(anyKey(dice));
    await master.restart();
  },
  'replica is killed': async (world, dice) => {
    const { cluster, publishers } = world;
    const channel = dice.pick(CHANNELS);
    const count = dice.whole(1, 3);
    const replica = await cluster.replicaOf(await cluster.ownerOf(keyOf(channel)));
    await replica.kill();
    await world.refusals(
      count,
      publishers.filter((publisher) => publisher.channel === channel),
    );
    await replica.restart();
  },
  'slot moves': async ({ cluster }, dice) => {
    const key = anyKey(dice);
    const owner = await cluster.ownerOf(key);
    const others = (await cluster.currentMasters()).filter((node) => node !== owner);
    await cluster.moveSlot(key, dice.pick([others[0] ?? owner, ...others.slice(1)]));
  },
  'cluster drops subscribers': async ({ cluster }, dice) => {
    const node = await cluster.ownerOf(anyKey(dice));
    await cluster.client(node).call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  },
} satisfies Faults<ClusterWorld>;

/** Each of these begins only when the cluster is whole. */
const FROM_WHOLE: Faults<ClusterWorld> = Object.fromEntries(
  Object.entries(CLUSTER_FAULTS).map(([name, fault]) => [
    name,
    async (world, dice) => {
      await world.cluster.untilWhole();
      await world.cluster.untilReplicated();
      await fault(world, dice);
    },
  ]),
);

/** The groups of faults that may happen at the same time. */
export const CLUSTER_MIXES: readonly [Mix<ClusterWorld>, ...Mix<ClusterWorld>[]] = [
  [FROM_WHOLE],
  [FROM_WHOLE],
  [NODE_FAULTS],
  [FROM_WHOLE, NODE_FAULTS],
];
