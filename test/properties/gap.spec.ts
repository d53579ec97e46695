import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { gapBehind, type HistoryState } from '../../src/broker/gap.js';
import { formatPosition, type Position } from '../../src/protocol/position.js';

/** One thing that happens to a channel's history; `lose` comes with a new epoch. */
type Step = { append: number } | { trim: number } | { lose: number };

const count = fc.integer({ min: 1, max: 5 });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ append: count }) },
    { weight: 3, arbitrary: fc.record({ trim: count }) },
    { weight: 1, arbitrary: fc.record({ lose: fc.nat(4) }) },
  ),
  { maxLength: 20 },
);

/**
 * What the rule is about, without its arithmetic: which messages this history has had, which of them are still
 * there, and at which places of it a reader can be.
 */
class History {
  private epoch = 1;
  private places: Position[] = [{ epoch: 1, offset: 0 }];
  private sent: Position[] = [];
  private kept: Position[] = [];

  constructor(script: readonly Step[]) {
    for (const step of script) this.take(step);
  }

  /** Whether a reader at this place lacks a message that it cannot be given. */
  lacks(asked: Position): boolean {
    return !this.isPlace(asked) || this.behind(asked).some((sent) => !this.kept.includes(sent));
  }

  /** The state that a broker reports. */
  state(asked: Position): HistoryState {
    const newest = this.sent.at(-1) ?? { epoch: 1, offset: 0 };
    return {
      isKnown: this.isPlace(asked),
      next: this.isPlace(asked)
        ? this.behind(asked).find((sent) => this.kept.includes(sent))
        : this.kept[0],
      newest,
      end: { epoch: this.epoch, offset: newest.offset },
    };
  }

  private isPlace(asked: Position): boolean {
    return this.places.some((place) => formatPosition(place) === formatPosition(asked));
  }

  private behind({ offset }: Position): Position[] {
    return this.sent.filter((sent) => sent.offset > offset);
  }

  private take(step: Step): void {
    if ('lose' in step) {
      const lost = this.sent.slice(Math.max(0, this.sent.length - step.lose));
      this.sent = this.sent.slice(0, this.sent.length - lost.length);
      this.kept = this.kept.filter((message) => !lost.includes(message));
      const end = this.sent.at(-1)?.offset ?? 0;
      this.places = this.places.filter(({ offset }) => offset <= end);
      this.epoch += 1;
      this.places.push({ epoch: this.epoch, offset: end });
    } else if ('trim' in step) {
      this.kept = this.kept.slice(step.trim);
    } else {
      for (let left = step.append; left > 0; left -= 1) {
        const message = { epoch: this.epoch, offset: (this.sent.at(-1)?.offset ?? 0) + 1 };
        this.sent.push(message);
        this.kept.push(message);
        this.places.push(message);
      }
    }
  }
}

describe('The gap rule', () => {
  const asked = fc.record({ epoch: fc.nat(5), offset: fc.nat(40) });

  test('reports a gap exactly where a message is lost', () => {
    fc.assert(
      fc.property(steps, asked, (script, position) => {
        const history = new History(script);
        const gap = gapBehind(position, history.state(position));
        expect(gap !== undefined).toBe(history.lacks(position));
      }),
      { numRuns: 5000 },
    );
  });

  test('lets a reader resume where nothing more is missing', () => {
    fc.assert(
      fc.property(steps, asked, (script, position) => {
        const history = new History(script);
        const state = history.state(position);
        const gap = gapBehind(position, state);
        if (gap) {
          expect(gap).toMatchObject({ after: position, oldest: state.next });
          const next = state.next?.offset ?? state.newest.offset + 1;
          expect(gap.resumeAt.offset + 1).toBe(next);
          expect(gap.resumeAt.epoch).toBe(state.next?.epoch ?? state.end.epoch);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
