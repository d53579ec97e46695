import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { resolvePolicy } from '../../src/channels/policy.js';
import { readEnvironment } from '../../src/server/environment.js';
import { VARIABLES } from '../../src/server/variables.js';
import { texts } from './arbitraries.js';

describe('A policy', () => {
  test.each([
    ['count', 1_000_000],
    ['ageSeconds', 315_360_000],
  ])('takes a whole history.%s from 1 to %d, and names it when it refuses', (name, most) => {
    const limits = fc.oneof(
      fc.integer({ min: -2, max: 2 }),
      fc.integer({ min: most - 2, max: most + 2 }),
      fc.double(),
      texts,
      fc.constantFrom(null, true, [], {}),
    );
    fc.assert(
      fc.property(limits, (limit) => {
        const isValid = Number.isInteger(limit) && Number(limit) >= 1 && Number(limit) <= most;
        const resolve = () => resolvePolicy('a.*', { history: { [name]: limit } });
        if (isValid) {
          expect(resolve().history).toMatchObject({ [name]: limit });
        } else {
          expect(resolve).toThrow(`channels["a.*"].history.${name}: `);
        }
      }),
    );
  });
});

describe('The environment', () => {
  const variables = VARIABLES.map(({ name }) => name);
  const settings = fc.oneof(
    texts,
    fc.integer().map(String),
    fc.double().map(String),
    fc.constantFrom('', '0', '1', ' 1', '1e3', '0x10', '-1', 'Infinity', 'NaN', 'null', 'true'),
  );

  test('is refused with the name of the wrong variable, or accepted in full', () => {
    fc.assert(
      fc.property(fc.constantFrom(...variables), settings, (name, value) => {
        let environment: Record<string, unknown>;
        try {
          environment = { ...readEnvironment({ [name]: value }) };
        } catch (error) {
          expect((error as Error).message).toContain(name);
          return;
        }
        const { [name]: read } = environment;
        const fallback = { ...readEnvironment({}) } as Record<string, unknown>;
        expect(Object.keys(fallback).every((key) => key in environment)).toBe(true);
        if (typeof read === 'number') {
          expect(Number.isFinite(read) && read >= 0).toBe(true);
          expect(value === '' ? fallback[name] : Number(value)).toBe(read);
          expect(value).toMatch(/^(\d+(\.\d+)?)?$/);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
