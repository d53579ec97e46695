import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { render } from '../../scripts/options/render.js';
import { birdsongSchema } from '../../src/config/birdsong-schema.js';
import { innermost, notesOf } from '../../src/config/option.js';
import type { BirdsongOptions } from '../../src/index.js';

type Given<T> = { [Name in keyof T]-?: NonNullable<T[Name]> };
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

describe('The files generated from the options schema', () => {
  test('are up to date; otherwise run `npm run options`', async () => {
    for (const [path, text] of await render()) {
      const found = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
      expect(`${path}:\n${found}`).toBe(`${path}:\n${text}`);
    }
  });

  test('declare BirdsongOptions as the schema does', () => {
    // Only `tsc` can find a mismatch.
    const isSame: Same<Given<BirdsongOptions>, Given<z.input<typeof birdsongSchema>>> = true;
    expect(isSame).toBe(true);
  });

  test('give every number a variable, except the one that the server computes', () => {
    const numbers = Object.entries<z.ZodType>(birdsongSchema.shape).filter(
      ([, schema]) => innermost(schema) instanceof z.ZodNumber,
    );
    const without = numbers.filter(([, schema]) => notesOf(schema)?.variable === undefined);
    expect(without.map(([name]) => name)).toEqual(['maxStreams']);
  });
});
