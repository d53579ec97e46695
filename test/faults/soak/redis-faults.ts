import type { RedisWorld } from '../world/redis-world.js';
import { loseDisk, Snapshot } from '../world/snapshot.js';
import type { Faults, Mix } from './fault.js';
import { anyNode, NODE_FAULTS } from './node-faults.js';

const SUBSCRIBER = /birdsong-subscriber/;
const COMMANDS = /birdsong-commands/;
const EVERY = /(?:)/;
const DIRECTIONS = ['both', 'to-client', 'to-target'] as const;

/** Faults of Redis after which it has all that it acknowledged. */
const REDIS_FAULTS = {
  'redis restarts': async ({ redis }) => {
    await redis.shutDown();
    await redis.restart();
  },
  'redis is killed': ({ redis }) => redis.restart(),
  'redis freezes': async (world, dice) => {
    const count = dice.whole(1, 4);
    world.redis.pause();
    await world.refusals(count);
    world.redis.resume();
  },
  'redis stays away': async (world, dice) => {
    const count = dice.whole(1, 10);
    await world.redis.kill();
    await world.refusals(count);
    await world.redis.restart();
  },
  'redis has no memory': async (world, dice) => {
    const count = dice.whole(1, 3);
    await world.ask('CONFIG', 'SET', 'maxmemory', '1mb');
    await world.refusals(count);
    await world.ask('CONFIG', 'SET', 'maxmemory', '0');
  },
  'redis is a replica for a while': async (world, dice) => {
    const count = dice.whole(1, 3);
    await world.ask('REPLICAOF', '127.0.0.1', '1');
    await world.refusals(count);
    await world.ask('REPLICAOF', 'NO', 'ONE');
  },
  'redis hands over': async (world) => {
    const replication = await world.replicate();
    await replication.handOver();
    world.moveTo(replication.replica);
    await replication.master.kill();
  },
  'redis drops subscribers': async (world, dice) => {
    for (let left = dice.whole(1, 5); left > 0; left--) {
      await world.ask('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await world.flow(1);
    }
  },
} satisfies Faults<RedisWorld>;

/** Faults around Redis, which may come together with one of Redis. */
const OTHER_FAULTS = {
  'subscriber is half open': async (world, dice) => {
    const direction = dice.pick(DIRECTIONS);
    anyNode(world, dice).link.stall(SUBSCRIBER, direction);
    await world.flow(5);
  },
  'commands are half open': async (world, dice) => {
    const direction = dice.pick(DIRECTIONS);
    anyNode(world, dice).link.stall(COMMANDS, direction);
    await world.flow(5);
  },
  'link is half open': async (world, dice) => {
    const direction = dice.pick(DIRECTIONS);
    anyNode(world, dice).link.stall(EVERY, direction);
    await world.flow(5);
  },
  'link breaks': (world, dice) => {
    anyNode(world, dice).link.break();
    return Promise.resolve();
  },
  'link is slow': async (world, dice) => {
    const { link } = anyNode(world, dice);
    link.delay(dice.whole(1, 50), dice.whole(0, 100));
    await world.flow(dice.whole(5, 20));
    link.delay(0);
  },
  'pub/sub is lossy': async (world, dice) => {
    const { pubSub } = anyNode(world, dice);
    pubSub.lossRate = dice.next() * 0.9;
    await world.flow(dice.whole(10, 50));
    pubSub.lossRate = 0;
    // Only what follows a lost message reveals it. Redis itself loses none over a connection that lives on.
    await world.flow(1);
  },
  ...NODE_FAULTS,
} satisfies Faults<RedisWorld>;

/**
 * Faults that lose data. Every reader must have seen some of what is lost: a Redis that has forgotten the loss cannot
 * tell a reader that never knew of it.
 */
const DATA_LOSSES = {
  'redis loses its disk': async (world) => {
    await world.level();
    await loseDisk(world.redis);
  },
  'redis goes back': async (world, dice) => {
    await world.level();
    const snapshot = await Snapshot.of(world.redis);
    await world.flow(dice.whole(5, 40));
    await snapshot.restore();
  },
  'a replica that lags takes over': async (world, dice) => {
    const replication = await world.replicate();
    await world.level();
    replication.link.blackhole();
    await world.flow(dice.whole(5, 40));
    await replication.master.kill();
    await replication.promote();
    world.moveTo(replication.replica);
  },
} satisfies Faults<RedisWorld>;

/** The groups of faults that may happen at the same time. */
export const REDIS_MIXES: readonly [Mix<RedisWorld>, ...Mix<RedisWorld>[]] = [
  [REDIS_FAULTS],
  [OTHER_FAULTS],
  [OTHER_FAULTS],
  [REDIS_FAULTS, OTHER_FAULTS],
  [DATA_LOSSES],
];
