import { afterAll, afterEach, beforeAll, beforeEach, describe, jest, test } from '@jest/globals';
import fc from 'fast-check';
import type { Broker } from '../../src/broker/broker.port.js';
import { MemoryBroker } from '../../src/engines/memory/memory.broker.js';
import { BirdsongSettings } from '../../src/config/birdsong.settings.js';
import { newChannel } from '../../src/testing/contract/publications.js';
import { RedisBrokers } from '../contracts/redis-brokers.js';
import { commandsOn, type Models, type Real } from './broker-commands.js';
import { ChannelModel } from './broker-model.js';

const IDEMPOTENCY_SECONDS = 30;

/** One that trims soon, one that ages soon, one that does neither. */
const LIMITS = [
  { count: 5, ageSeconds: 3600 },
  { count: 1000, ageSeconds: 25 },
  { count: 1000, ageSeconds: 3600 },
];

function setUp(broker: Broker, advance: (ms: number) => void): { model: Models; real: Real } {
  return {
    model: {
      channels: LIMITS.map(
        ({ count, ageSeconds }) =>
          new ChannelModel({ count, ageMs: ageSeconds * 1000 }, IDEMPOTENCY_SECONDS * 1000),
      ),
    },
    real: {
      broker,
      channels: LIMITS.map((limits) => newChannel(limits)),
      recorders: LIMITS.map(() => undefined),
      now: () => Date.now(),
      advance,
    },
  };
}

describe('With a clock that is set,', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('the memory broker does what the model does, whatever is asked of it and whenever', async () => {
    const settings = new BirdsongSettings({
      channels: {},
      idempotencySeconds: IDEMPOTENCY_SECONDS,
    });
    await fc.assert(
      fc.asyncProperty(commandsOn(LIMITS.length, true), async (commands) => {
        const broker = new MemoryBroker(settings);
        try {
          // Sweeps among it, which free what has aged.
          await fc.asyncModelRun(
            () => setUp(broker, (ms) => jest.advanceTimersByTime(ms)),
            commands,
          );
        } finally {
          await broker.close();
        }
      }),
      { numRuns: 1500 },
    );
  });
});

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
