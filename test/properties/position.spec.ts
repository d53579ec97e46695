import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatPosition, parsePosition } from '../../src/protocol/position.js';
import { largest, letters, positions } from './arbitraries.js';

/** By arithmetic, where the parser has a regular expression. */
function isPosition(text: string): boolean {
  const parts = text.split('-');
  return (
    parts.length === 2 &&
    parts.every((part) => {
      const isDigits =
        part !== '' && Array.from(part).every((digit) => '0123456789'.includes(digit));
      return isDigits && BigInt(part).toString() === part && BigInt(part) <= BigInt(largest);
    })
  );
}

const almost = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: letters('0123456789-+. e\n٣'), maxLength: 34 }),
  fc.tuple(fc.bigInt({ min: 0n }), fc.bigInt({ min: 0n })).map((parts) => parts.join('-')),
  positions.map((position) => formatPosition(position)),
);

describe('A position', () => {
  test('is read back as it was written', () => {
    fc.assert(
      fc.property(positions, (position) => {
        expect(parsePosition(formatPosition(position))).toEqual(position);
      }),
    );
  });

  test('has exactly one textual form', () => {
    fc.assert(
      fc.property(almost, (text) => {
        const position = parsePosition(text);
        expect(position !== undefined).toBe(isPosition(text));
        expect(position === undefined ? text : formatPosition(position)).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  test('has two safe integers, and is an id that Redis can hold', () => {
    expect(Number.isSafeInteger(largest)).toBe(true);
    expect(BigInt(largest) < 2n ** 64n).toBe(true);
    expect(parsePosition(`${largest}-${largest}`)).toEqual({ epoch: largest, offset: largest });
    expect(parsePosition(`${largest + 1}-0`)).toBeUndefined();
    expect(parsePosition(`0-${largest + 1}`)).toBeUndefined();
  });
});
