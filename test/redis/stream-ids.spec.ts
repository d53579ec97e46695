import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatPosition } from '../../src/protocol/position.js';
import { RedisServer } from '../harness/redis-server.js';
import { positions } from '../properties/arbitraries.js';

describe('In a Redis stream,', () => {
  let redis: RedisServer;

  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis.stop());

  test('positions are ids, in the order of epoch and offset', async () => {
    const client = redis.client();
    const several = fc.uniqueArray(
      positions.filter(({ offset }) => offset > 0),
      { minLength: 1, maxLength: 20, selector: formatPosition },
    );
    await fc.assert(
      fc.asyncProperty(several, async (unordered) => {
        const ordered = unordered
          .toSorted((a, b) => a.epoch - b.epoch || a.offset - b.offset)
          .map(formatPosition);
        await client.del('positions');
        for (const id of ordered) {
          await client.xadd('positions', id, 'm', '');
        }
        const entries = await client.xrange('positions', '-', '+');
        expect(entries.map(([id]) => id)).toEqual(ordered);
      }),
      { numRuns: 40 },
    );
  });
});
