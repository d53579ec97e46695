import { describe, expect } from '@jest/globals';
import { expectNothingLost, scenario } from './world/scenario.js';
import { DURABLE } from './world/settings.js';

const SUBSCRIBER = /birdsong-subscriber/;

describe('When the subscriber connection', () => {
  scenario('is killed by Redis again and again, nothing is lost', {}, async (world) => {
    await world.crowd();
    for (let round = 0; round < 10; round++) {
      await world.ask('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await world.flow(5);
    }
    expectNothingLost(await world.settle());
  });

  scenario(
    'reads too slowly and is dropped by Redis, nothing is lost',
    { redisArgs: [...DURABLE, '--client-output-buffer-limit', 'pubsub 32kb 0 0'] },
    async (world) => {
      await world.crowd();
      world.publish({ fillingBytes: 40_000, pauseMs: 100 });
      await world.flow(50);
      // A fast machine may keep up for a while.
      while (!world.redis.output.includes('output buffer limits')) await world.flow(5);
      expectNothingLost(await world.settle());
      expect(world.redis.output).toContain('output buffer limits');
    },
  );

  scenario('is half open both ways, the probe finds it', {}, async (world) => {
    await world.crowd();
    world.node(0).link.stall(SUBSCRIBER);
    await world.flow(30);
    expectNothingLost(await world.settle());
  });

  scenario('no longer receives anything from Redis, the probe finds it', {}, async (world) => {
    await world.crowd();
    world.node(0).link.stall(SUBSCRIBER, 'to-client');
    await world.flow(30);
    expectNothingLost(await world.settle());
  });

  scenario('and the one for commands are half open, both are replaced', {}, async (world) => {
    await world.crowd();
    world.node(0).link.stall(/birdsong/);
    await world.flow(30);
    expectNothingLost(await world.settle());
  });

  scenario(
    'loses single messages, each is fetched before a later one is delivered',
    {},
    async (world) => {
      const { pubSub } = world.node(0);
      pubSub.lossRate = 0.2;
      await world.crowd();
      await world.flow(50);
      while (pubSub.droppedCount <= 20) await world.flow(5);
      // A lost message that nothing follows is not noticed.
      pubSub.lossRate = 0;
      await world.flow(1);
      expectNothingLost(await world.settle());
      expect(pubSub.droppedCount).toBeGreaterThan(20);
    },
  );
});
