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

  test('the Redis broker does what the model does, whatever is asked of it', async () => {
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
      // Ages and windows of seconds are far off within one run.
      { numRuns: 100 },
    );
  });
});
