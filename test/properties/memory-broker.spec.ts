import { afterEach, beforeEach, describe, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { BirdsongSettings } from '../../src/config/birdsong-settings.js';
import { MemoryBroker } from '../../src/engines/memory/memory-broker.js';
import { commandsOn, IDEMPOTENCY_SECONDS, LIMITS, setUp } from './broker-commands.js';

describe('With a clock that is set,', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('the memory broker does what the model does, for any calls at any time', async () => {
    const settings = new BirdsongSettings({
      channels: {},
      idempotencySeconds: IDEMPOTENCY_SECONDS,
    });
    await fc.assert(
      fc.asyncProperty(commandsOn(LIMITS.length, true), async (commands) => {
        const broker = new MemoryBroker(settings);
        try {
          // Time includes sweeps, which free what has expired.
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
