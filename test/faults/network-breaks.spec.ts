import { describe, expect } from '@jest/globals';
import type { Redis } from 'ioredis';
import type { Sieve } from '../harness/proxied-connection.js';
import { expectNothingLost, scenario } from './world/scenario.js';

const COMMANDS = /birdsong-commands/;

/** How many messages of a channel Redis has. */
const lengthOf = (admin: Redis) => admin.xlen('birdsong:{public.a}:history');

/** Cuts the connection of every third send instead of passing its answer. */
function losesAnswers(): () => Sieve {
  let count = 0;
  return () => (chunk, connection) => {
    if (!connection.opening.startsWith('POST') || ++count % 3 !== 0) return chunk;
    connection.destroy();
    return Buffer.alloc(0);
  };
}

describe('When a connection breaks', () => {
  scenario('between node and Redis, a send that is retried lands once', {}, async (world) => {
    const publisher = world.publish({ nodes: [0] });
    await world.read();
    const admin = world.redis.client();
    for (let round = 0; round < 5; round++) {
      await world.flow(5);
      await publisher.rest();
      const before = await lengthOf(admin);
      // Redis gets the command. Its answer never arrives.
      world.node(0).link.stall(COMMANDS, 'to-client');
      publisher.goOn();
      while ((await lengthOf(admin)) === before);
      world.node(0).link.break(COMMANDS);
    }
    await world.flow(5);
    expectNothingLost(await world.settle());
    const repeats = publisher.attempts.filter(
      ({ outcome }) => outcome.kind === 'acknowledged' && outcome.duplicate,
    );
    expect(repeats).toHaveLength(5);
  });

  scenario(
    'between client and node, a send that is retried lands once',
    { frontSieve: losesAnswers() },
    async (world) => {
      await world.crowd();
      await world.flow(40);
      const outcome = await world.settle();
      expectNothingLost(outcome);
      expect(outcome.sends.unknown).toBeGreaterThan(10);
    },
  );

  scenario('on a slow and jittery network, nothing is lost', {}, async (world) => {
    for (const { link } of world.nodes) link.delay(10, 40);
    await world.crowd();
    for (let round = 0; round < 6; round++) {
      world.node(round % 2).link.break();
      await world.flow(10);
    }
    expectNothingLost(await world.settle());
  });

  scenario('between one node and Redis for long, the other keeps serving', {}, async (world) => {
    await world.crowd();
    await world.node(0).link.cut();
    const stuck = world.publish({ nodes: [0] });
    await world.soon(
      stuck.until((publisher) => publisher.count('refused') > 3),
      'not refused',
    );
    await world.node(0).link.restore();
    await world.flow(30);
    expect(world.count('disconnected')).toBe(0);
    expectNothingLost(await world.settle());
  });
});
