import fc from 'fast-check';
import type { Position } from '../../src/protocol/position.js';

/** The largest epoch and offset: fifteen digits. */
export const largest = 999_999_999_999_999;

/** One character of these. */
export const letters = (alphabet: string) => fc.constantFrom(...Array.from(alphabet));

const numbers = fc.oneof(
  fc.nat(20),
  fc.nat(largest),
  fc.integer({ min: largest - 5, max: largest }),
);

export const positions: fc.Arbitrary<Position> = fc.record({ epoch: numbers, offset: numbers });

/** What breaks parsers: line ends, NUL, BOM, line separators, halves of characters. */
const oddities = ['\r', '\n', '\r\n', '\0', '\uFEFF', '\u2028', '\u2029', '\uD800', '\uDC00'];
const syntax = ['data: ', 'id: 1-1', 'event: x', ': ', '\n\n', '"', '\\', '{', '🐦', 'é', '\x7f'];

/** Any text of JavaScript, lone surrogates among it, and often what breaks parsers. */
export const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.array(fc.constantFrom(...oddities, ...syntax), { maxLength: 12 }).map((list) => list.join('')),
  fc.array(fc.nat(0xffff), { maxLength: 20 }).map((units) => String.fromCharCode(...units)),
);

const keys = fc.oneof(texts, fc.constantFrom('__proto__', 'constructor', 'toString', '0', 'data'));

/** Any JSON value, as JavaScript has it once it was parsed. */
export const values: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'json' },
    texts,
    fc.double({ noDefaultInfinity: true, noNaN: true }),
    fc.integer(),
    fc.constantFrom(null, true, false, '', 0, [], {}),
    fc.array(tie('value'), { maxLength: 4, depthIdentifier: 'json' }),
    fc.array(fc.tuple(keys, tie('value')), { maxLength: 4, depthIdentifier: 'json' }).map(asObject),
  ),
})).value;

/** By way of JSON, as an assignment to `__proto__` would not make a member. */
function asObject(entries: readonly (readonly [string, unknown])[]): unknown {
  const members = entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  return JSON.parse(`{${members.join(',')}}`) as unknown;
}

/** A valid message type: well-formed and not reserved. */
export const types = fc
  .string({
    unit: letters('abcXYZ019_.:-'),
    minLength: 1,
    maxLength: 64,
  })
  .filter((type) => !type.startsWith('stream.') && !type.startsWith('presence.'));

/** Where a stream of bytes is cut into chunks. */
export const cuts = fc.array(fc.nat(1_000_000), { maxLength: 10 });

export function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const inside = places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b);
  const edges = [0, ...inside, bytes.length];
  return edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
}
