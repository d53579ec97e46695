import { describe, expect } from '@jest/globals';
import type { Sieve } from '../harness/proxied-connection.js';
import { expectNothingFalse, expectNothingLost, scenario } from './world/scenario.js';

/** Passes some bytes of a connection, then cuts it anywhere, even within a frame or a character. */
function cutsAtRandom(maxBytes: number): Sieve {
  let left = Math.floor(Math.random() * maxBytes);
  return (chunk, connection) => {
    if (chunk.length < left) {
      left -= chunk.length;
      return chunk;
    }
    const last = chunk.subarray(0, left);
    // More may arrive before it is cut.
    left = 0;
    // Later in this turn, because what is let through has yet to be written.
    setImmediate(() => connection.destroy());
    return last;
  };
}

describe('When', () => {
  scenario('a node is killed, its readers miss nothing on the other', {}, async (world) => {
    await world.crowd();
    await world.node(0).kill();
    await world.flow(20);
    await world.node(0).restart();
    await world.flow(10);
    await world.node(1).kill();
    await world.flow(20);
    expect(world.count('disconnected')).toBeGreaterThanOrEqual(world.readers.length);
    expectNothingLost(await world.settle());
  });

  scenario(
    'connections to clients are cut within frames, readers miss and repeat nothing',
    { frontSieve: () => cutsAtRandom(8000) },
    async (world) => {
      await world.crowd();
      await world.flow(60);
      expect(world.count('disconnected')).toBeGreaterThan(10);
      expectNothingLost(await world.settle());
    },
  );

  scenario(
    'a reader is away for longer than history reaches, it is told what it missed',
    { env: { HISTORY_COUNT: '50', FEED_LINGER_SECONDS: '0' } },
    async (world) => {
      world.publish();
      world.publish({ batchCount: 10, pauseMs: 50 });
      // The only reader of its node, which keeps nothing in memory for it.
      const away = await world.read({ nodes: [0] });
      await world.read({ channels: ['public.a', 'public.b'], nodes: [1] });
      for (let round = 1; round <= 3; round++) {
        await world.flow(10, [away]);
        away.leave();
        await world.accepted(60);
        await world.soon(away.comeBack(), 'a reader does not come back');
        expect(away.count('gap')).toBe(round);
      }
      await world.flow(10, [away]);
      expectNothingFalse(await world.settle());
    },
  );
});
