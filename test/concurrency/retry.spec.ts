import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Retry } from '../../src/concurrency/retry.js';

const fail = () => Promise.reject(new Error('away'));

describe('A retry', () => {
  let lines: unknown[];

  beforeEach(() => {
    lines = [];
    jest.spyOn(Logger.prototype, 'warn').mockImplementation((line: unknown) => lines.push(line));
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  test('tries again until an attempt succeeds, and logs the first failure only', async () => {
    let attempts = 0;
    const outcome = await new Retry(100).run('Readers wait', () =>
      ++attempts < 4 ? fail() : Promise.resolve('page'),
    );

    expect([outcome, attempts]).toEqual(['page', 4]);
    expect(lines).toEqual(['Readers wait: Error: away']);
  });

  test('that its owner ends rejects all waiting calls at once and starts no further attempt', async () => {
    const retry = new Retry(60_000);
    let attempts = 0;
    const attempt = () => {
      attempts++;
      // A wait follows the second failure; the third attempt would come much later.
      if (attempts === 4) setImmediate(() => retry.end());
      return fail();
    };
    const waiting = [retry.run('One waits', attempt), retry.run('Another waits', attempt)];

    await expect(waiting[0]).rejects.toThrow('One waits no longer');
    await expect(waiting[1]).rejects.toThrow('Another waits no longer');
    await expect(retry.run('A third waits', attempt)).rejects.toThrow('A third waits no longer');
    expect(attempts).toBe(4);
  });

  test('that is ended during an attempt lets that attempt succeed', async () => {
    const retry = new Retry(100);
    const outcome = retry.run('One waits', async () => {
      await new Promise(setImmediate);
      return 'page';
    });
    retry.end();

    expect(await outcome).toBe('page');
  });
});
