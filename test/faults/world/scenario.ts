import { expect, test } from '@jest/globals';
import { RedisWorld, type RedisWorldOptions } from './redis-world.js';
import { REFUSAL } from './settings.js';
import type { Outcome } from './world.js';

/** Defines a test with a world of its own. */
export function scenario(
  title: string,
  options: RedisWorldOptions,
  story: (world: RedisWorld) => Promise<void>,
): void {
  test(
    title,
    async () => {
      const world = await RedisWorld.start(options);
      try {
        await story(world);
      } finally {
        await world.end();
      }
    },
    240_000,
  );
}

/** Every reader got everything, in order and once, or was told of what it did not get. */
export function expectNothingFalse({ violations, sends }: Outcome): void {
  expect(violations.slice(0, 10)).toEqual([]);
  expect(sends.refusals.filter((refusal) => refusal !== REFUSAL)).toEqual([]);
  expect(sends.acknowledged).toBeGreaterThan(0);
}

/** In addition, nothing was lost, so no reader was told of a gap. */
export function expectNothingLost(outcome: Outcome): void {
  expectNothingFalse(outcome);
  expect(outcome.lost.slice(0, 10)).toEqual([]);
  expect(outcome.gapCount).toBe(0);
}
