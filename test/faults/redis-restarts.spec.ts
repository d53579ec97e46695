import { describe, expect } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { request } from '../harness/http-client.js';
import { expectNothingLost, scenario } from './world/scenario.js';
import type { WorldNode } from './world/world-node.js';

/** The promise on an idle machine. */
const BACK_WITHIN_MS = 2000;
/** How many answers of an otherwise idle node take as long as the work of reconnecting. */
const ANSWER_COUNT = 100;

/** The promise, scaled to how busy this machine is now. */
async function promised(node: WorldNode): Promise<string> {
  await pause(BACK_WITHIN_MS);
  for (let count = 0; count < ANSWER_COUNT; count++) {
    await request(`${node.directOrigin}/health/live`);
  }
  return 'promised';
}

describe('When Redis with appendfsync always', () => {
  scenario('is restarted, nothing is lost and streams stay open', {}, async (world) => {
    await world.crowd();
    await world.redis.shutDown();
    await world.refusals(3);
    await world.redis.restart();
    const back = world.flow(1).then(() => 'back');
    expect(await Promise.race([back, promised(world.node(0))])).toBe('back');
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
