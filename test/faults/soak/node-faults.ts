import type { WorldNode } from '../world/world-node.js';
import type { World } from '../world/world.js';
import type { Dice } from './dice.js';
import type { Faults } from './fault.js';

const MAX_READERS = 10;

export const anyNode = <Node extends WorldNode>(world: World<Node>, dice: Dice): Node =>
  world.node(dice.whole(0, world.nodes.length - 1));

/** Faults of nodes, and between them and their clients. */
export const NODE_FAULTS = {
  'node dies': async (world, dice) => {
    await anyNode(world, dice).restart();
  },
  'readers take nothing': async (world, dice) => {
    const count = dice.whole(10, 100);
    const { front } = anyNode(world, dice);
    front.stall(/^GET/, 'to-client');
    await world.accepted(count);
    await front.restore();
  },
  'clients are cut off': (world, dice) => {
    anyNode(world, dice).front.break();
    return Promise.resolve();
  },
  'front is slow': async (world, dice) => {
    const { front } = anyNode(world, dice);
    front.delay(dice.whole(1, 20), dice.whole(0, 50));
    await world.flow(dice.whole(5, 20));
    front.delay(0);
  },
  'reader joins': async (world, dice) => {
    const channels = dice.pick([['public.a'], ['public.b'], ['public.a', 'public.b']]);
    if (world.readers.length < MAX_READERS) await world.read({ channels });
  },
  'reader is away': async (world, dice) => {
    const away = world.readers[dice.whole(0, world.readers.length - 1)];
    if (!away) return;
    away.leave();
    const others = world.readers.filter((reader) => reader !== away);
    await world.flow(dice.whole(1, 30), others);
    await world.soon(away.comeBack(), 'a reader does not come back');
  },
} satisfies Faults<World>;
