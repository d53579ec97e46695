import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatPosition, parsePosition, type Position } from '../../src/protocol/position.js';
import { cursorEntry, cursorKey, formatCursor } from '../../src/protocol/cursor.js';
import { resumeFrom } from '../../src/streams/resume.js';
import { largest, letters, positions, texts } from './arbitraries.js';

/** What Node allows all headers of a request together. */
const HEADER_BYTES = 16 * 1024;

const names = fc.string({
  unit: letters('abcdefghijklmnopqrstuvwxyz0123456789-_:'),
  minLength: 1,
  maxLength: 128,
});

const places = fc.uniqueArray(fc.tuple(names, positions), {
  selector: ([name]) => name,
  maxLength: 20,
});

function cursorOf(list: readonly (readonly [string, Position])[]): string {
  const base = Math.min(...list.map(([, { epoch }]) => epoch));
  return formatCursor(
    base,
    list.map(([name, position]) => cursorEntry(cursorKey(name), position, base)),
  );
}

describe('A cursor', () => {
  test('returns each channel’s position, whatever the order and whatever else is asked for', () => {
    fc.assert(
      fc.property(
        places.filter(({ length }) => length > 0),
        names,
        (list, added) => {
          const asked = [...list.map(([name]) => name).reverse(), added];
          const known = new Map(list);
          expect(resumeFrom(cursorOf(list), asked)).toEqual(
            asked.map((name) => {
              const position = known.get(name);
              return position ? { kind: 'after', position } : { kind: 'live' };
            }),
          );
        },
      ),
    );
  });

  test('of an earlier version is read', () => {
    const old = '~kfdj6o1zpp.mgj6k3cw.16_1s2ijmkdem8.mgj6k3gb.rs';
    expect(resumeFrom(old, ['orders.42', 'added', 'chat.lobby'])).toEqual([
      { kind: 'after', position: { epoch: 1760000000123, offset: 1000 } },
      { kind: 'live' },
      { kind: 'after', position: { epoch: 1760000000000, offset: 42 } },
    ]);
  });

  test('takes some 17 bytes for each of a hundred channels', () => {
    const list = Array.from(
      { length: 100 },
      (_, index) =>
        [
          `chat.${index}`,
          { epoch: 1795700000000 + index * 86_400_000, offset: 997 + index },
        ] as const,
    );
    expect(cursorOf(list).length).toBeLessThan(1800);
  });

  test('of the most channels at the largest positions fits in a header', () => {
    const list = Array.from(
      { length: 250 },
      (_, index) => [`${'n'.repeat(120)}.${index}`, { epoch: largest, offset: largest }] as const,
    );
    const cursor = cursorOf(list);
    expect(cursor.length).toBeLessThan(HEADER_BYTES * 0.75);
    expect(
      resumeFrom(
        cursor,
        list.map(([name]) => name),
      ),
    ).toEqual(list.map(([, position]) => ({ kind: 'after', position })));
  });

  test('is one line of visible characters', () => {
    fc.assert(
      fc.property(places, (list) => {
        expect(cursorOf(list)).toMatch(/^\*[\w.*-]*$/);
      }),
    );
  });

  const garbage = fc.oneof(
    texts,
    texts.map((text) => `*${text}`),
    texts.map((text) => `~${text}`),
    fc.string({ unit: letters('*~_.-09az '), maxLength: 60 }),
    fc.tuple(places, texts).map(([list, text]) => cursorOf(list) + text),
    // A channel's own key, before what may be no position.
    fc
      .string({ unit: letters('09az.'), maxLength: 22 })
      .map((text) => `*1*${cursorKey('asked')}${text}`),
    positions.map(formatPosition),
  );

  test('that is garbage leads to unknown or well-formed positions', () => {
    fc.assert(
      fc.property(garbage, fc.array(names, { maxLength: 2 }), (text, others) => {
        const channels = ['asked', ...others];
        const starts = resumeFrom(text, channels);
        expect(starts).toHaveLength(channels.length);
        for (const start of starts) {
          if (start.kind === 'after' && start.position) {
            expect(parsePosition(formatPosition(start.position))).toEqual(start.position);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('keeps channels of similar names apart', () => {
    const similar = Array.from({ length: 50_000 }, (_, index) => `chat.${index}`);
    expect(new Set(similar.map(cursorKey)).size).toBe(similar.length);
  });

  test('with an epoch or offset too large to be a position is no cursor', () => {
    const key = cursorKey('any');
    const tooLarge = (largest + 1).toString(36);
    for (const text of [
      `*${tooLarge}*${key}.1`,
      `*1*${key}${tooLarge}.1`,
      `*${largest.toString(36)}*${key}1.1`,
      `*1*${key}.${tooLarge}`,
      `*1`,
      `*1*`,
      `*1*${key}`,
      `**${key}.1`,
    ]) {
      expect(resumeFrom(text, ['any'])).toEqual([{ kind: 'after', position: undefined }]);
    }
  });
});
