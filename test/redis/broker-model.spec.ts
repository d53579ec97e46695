import { afterAll, beforeAll, describe, test } from '@jest/globals';
import fc from 'fast-check';
import { RedisBrokers } from '../contracts/redis-brokers.js';
import { commandsOn, LIMITS, setUp } from '../properties/broker-commands.js';

describe('With a real Redis,', () => {
  let world: RedisBrokers;

  beforeAll(async () => {
    world = await RedisBrokers.start();
  });
  afterAll(() => world.stop());

  test('the Redis broker does what the model does, for any calls', async () => {
    const broker = await world.open();
    await fc.assert(
      fc.asyncProperty(commandsOn(LIMITS.length, false), async (commands) => {
        const { model, real } = setUp(broker, () => undefined);
        try {
          await fc.asyncModelRun(() => ({ model, real }), commands);
        } finally {
          real.recorders.forEach((recorder) => recorder?.subscription.close());
        }
      }),
      // One run is too short for ages and windows of seconds to matter.
      { numRuns: 100 },
    );
  });
});
