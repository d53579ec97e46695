import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatPosition, isGap, type Position } from '../../src/messages/position.js';

/** One thing that happens to a channel's history. */
type Step = { append: number } | { trim: number } | 'restart';

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ append: fc.integer({ min: 1, max: 5 }) }) },
    { weight: 3, arbitrary: fc.record({ trim: fc.integer({ min: 1, max: 6 }) }) },
    { weight: 1, arbitrary: fc.constant('restart' as const) },
  ),
  { maxLength: 20 },
);

/**
 * What the rule is about, without its arithmetic: which messages were ever sent in this epoch, and which of
 * them are still there.
 */
class History {
  epoch = 1;
  readonly sent: Position[] = [];
  kept: Position[] = [];

  constructor(script: readonly Step[]) {
    for (const step of script) this.take(step);
  }

  get newest(): Position {
    return this.sent.at(-1) ?? { epoch: this.epoch, offset: 0 };
  }

  /** Whether a reader behind this position lacks a message that it cannot be given. */
  lacks(asked: Position): boolean {
    const places = [{ epoch: this.epoch, offset: 0 }, ...this.sent].map(formatPosition);
    const place = places.indexOf(formatPosition(asked));
    if (place === -1) return true;
    const behind = this.sent.slice(place);
    return behind.some((message) => !this.kept.includes(message));
  }

  private take(step: Step): void {
    if (step === 'restart') {
      this.epoch += 1;
      this.sent.length = 0;
      this.kept = [];
    } else if ('trim' in step) {
      this.kept = this.kept.slice(step.trim);
    } else {
      for (let count = 0; count < step.append; count += 1) {
        const message = { epoch: this.epoch, offset: this.newest.offset + 1 };
        this.sent.push(message);
        this.kept.push(message);
      }
    }
  }
}

describe('The gap rule', () => {
  test('says gap exactly where a message cannot be given any more', () => {
    const asked = fc.record({ epoch: fc.integer({ min: 0, max: 4 }), offset: fc.nat(40) });
    fc.assert(
      fc.property(steps, asked, (script, position) => {
        const history = new History(script);
        const oldest = history.kept[0]?.offset;
        expect(isGap(position, history.newest, oldest)).toBe(history.lacks(position));
      }),
      { numRuns: 3000 },
    );
  });

  test('says none to a reader that has what is newest, and none to one that follows message by message', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const history = new History(script);
        const oldest = history.kept[0]?.offset;
        expect(isGap(history.newest, history.newest, oldest)).toBe(false);
        for (const message of history.kept) {
          expect(isGap(message, history.newest, oldest)).toBe(false);
        }
      }),
    );
  });
});
