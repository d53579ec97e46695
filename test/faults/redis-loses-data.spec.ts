import { describe, expect } from '@jest/globals';
import { expectNothingFalse, scenario } from './world/scenario.js';
import { loseDisk, Snapshot } from './world/snapshot.js';
import type { RedisWorld } from './world/redis-world.js';

function expectEveryReaderToldOfEveryChannel({ readers }: RedisWorld): void {
  for (const { observations, channels } of readers) {
    const told = observations.flatMap((seen) => (seen.kind === 'gap' ? [seen.channel] : []));
    expect([...new Set(told)].sort()).toEqual([...channels].sort());
  }
}

describe('When Redis', () => {
  scenario('loses its disk, every reader is told, and messages flow again', {}, async (world) => {
    await world.crowd();
    await loseDisk(world.redis);
    await world.flow(30);
    const outcome = await world.settle();
    expectNothingFalse(outcome);
    expect(outcome.lost.length).toBeGreaterThan(0);
    expectEveryReaderToldOfEveryChannel(world);
  });

  scenario('reverts to an older snapshot, every reader is told', {}, async (world) => {
    await world.crowd();
    const snapshot = await Snapshot.of(world.redis);
    await world.flow(20);
    await snapshot.restore();
    // Beyond the offsets that are assigned for the second time.
    await world.flow(60);
    const outcome = await world.settle();
    expectNothingFalse(outcome);
    expect(outcome.lost.length).toBeGreaterThan(0);
    expectEveryReaderToldOfEveryChannel(world);
  });

  scenario(
    'reverts while nobody reads, a reader that comes back later is told',
    { env: { FEED_LINGER_SECONDS: '0' } },
    async (world) => {
      const publisher = world.publish();
      const [within, beyond] = [await world.read(), await world.read()];
      await world.flow(10);
      const snapshot = await Snapshot.of(world.redis);
      await world.flow(30);
      within.leave();
      await world.flow(30, [beyond]);
      await publisher.rest();
      beyond.leave();
      await snapshot.restore();
      const before = publisher.attempts.length;
      publisher.goOn();
      // Until the offset of `within` belongs to another message. That of `beyond` may not exist yet.
      await publisher.until(({ attempts }) => attempts.length > before + 40);
      await Promise.all([within.comeBack(), beyond.comeBack()]);
      await world.flow(50);
      const outcome = await world.settle();
      expectNothingFalse(outcome);
      expect(outcome.lost.length).toBeGreaterThan(0);
      expect([within.count('gap'), beyond.count('gap')]).toEqual([1, 1]);
    },
  );

  scenario(
    'reverts past what some have read, they are told of what they never got',
    {},
    async (world) => {
      const publisher = world.publish();
      const [behind] = [await world.read(), await world.read()];
      await world.flow(10);
      behind.leave();
      await world.accepted(20);
      const snapshot = await Snapshot.of(world.redis);
      await world.accepted(20);
      await publisher.rest();
      await snapshot.restore();
      publisher.goOn();
      await world.accepted(20);
      await behind.comeBack();
      await world.flow(40);
      const outcome = await world.settle();
      expectNothingFalse(outcome);
      expect(outcome.lost.length).toBeGreaterThan(0);
    },
  );
});
