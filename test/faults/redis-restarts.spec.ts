import { describe, expect } from '@jest/globals';
import { expectNothingLost, scenario } from './world/scenario.js';

/** What is promised. */
const BACK_WITHIN_MS = 2000;

describe('When Redis with appendfsync always', () => {
  scenario('is restarted, nothing is lost and streams stay open', {}, async (world) => {
    await world.crowd();
    await world.redis.shutDown();
    await world.refusals(3);
    await world.redis.restart();
    const backMs = performance.now();
    await world.flow(1);
    expect(performance.now() - backMs).toBeLessThan(BACK_WITHIN_MS);
    await world.flow(50);
    expect(world.count('disconnected')).toBe(0);
    expectNothingLost(await world.settle());
  });

  scenario('is killed, again and again, nothing acknowledged is lost', {}, async (world) => {
    await world.crowd();
    for (let round = 0; round < 4; round++) {
      await world.redis.restart();
      await world.flow(20);
    }
    expect(world.count('disconnected')).toBe(0);
    expectNothingLost(await world.settle());
  });
});
