import { describe, expect, it } from '@jest/globals';
import { check } from './check.js';
import type { Attempt, FaultRecord, Observation, Outcome, ReadyPart } from './record.js';

const CHANNEL = 'public.a';
const acknowledged = (id: string, duplicate = false): Outcome => ({
  kind: 'acknowledged',
  id,
  duplicate,
});
const broken: Outcome = { kind: 'unknown', reason: 'ECONNRESET' };
const refused = (status: number): Outcome => ({
  kind: 'refused',
  status,
  code: 'x',
  retryAfter: '1',
});

function attempt(sequence: number, outcome: Outcome, more: Partial<Attempt> = {}): Attempt {
  return {
    ...{ message: `p/${sequence}`, channel: CHANNEL, publisher: 'p', sequence, outcome },
    ...{ key: undefined, sentAtMs: sequence, tookMs: 1, ...more },
  };
}

const connected = (lastEventId = ''): Observation => ({ kind: 'connected', lastEventId });

function ready(id: string, more: Partial<ReadyPart> = {}): Observation {
  const part = { channel: CHANNEL, position: id, recovered: false, gap: false, ...more };
  return { kind: 'ready', atMs: 100, id, channels: [part] };
}

const resumed = (id: string): Observation => ready(id, { recovered: true });

const message = (id: string, text: string): Observation => ({
  ...{ kind: 'message', channel: CHANNEL, id, eventId: id, message: text },
});

const gap = (after: string, oldest: string | null, atMs = 100): Observation => ({
  ...{ kind: 'gap', atMs, channel: CHANNEL, after, oldest },
});

/** Three messages were sent, the broker has them all. */
const threeSent = [1, 2, 3].map((number) => attempt(number, acknowledged(`5-${number}`)));

function record(
  observations: readonly Observation[],
  attempts: readonly Attempt[] = threeSent,
  kept: readonly (readonly [id: string, message: string])[] = [
    ['5-1', 'p/1'],
    ['5-2', 'p/2'],
    ['5-3', 'p/3'],
  ],
): FaultRecord {
  return {
    attempts,
    readers: [{ reader: 'r', channels: [CHANNEL], observations }],
    histories: [
      {
        channel: CHANNEL,
        newest: kept.at(-1)?.[0] ?? '5-0',
        messages: kept.map(([id, text]) => ({ id, message: text })),
      },
    ],
  };
}

const kinds = (made: FaultRecord): string[] => [
  ...new Set(check(made).violations.map(({ kind }) => kind)),
];

const [one, two, three] = [message('5-1', 'p/1'), message('5-2', 'p/2'), message('5-3', 'p/3')];
const begin = [connected(), ready('5-0')];

describe('The checker is content', () => {
  it('with a reader that got everything, over a resume', () => {
    const made = record([...begin, one, connected('5-1'), resumed('5-1'), two, three]);
    expect(check(made)).toEqual({ violations: [], gapCount: 0, deliveryCount: 3, lost: [] });
  });

  it('with a reader that began later', () => {
    expect(kinds(record([connected(), ready('5-2'), three]))).toEqual([]);
  });

  it('with a gap that covers what history no longer had', () => {
    const seen = [...begin, one, connected('5-1'), ready('5-2', { gap: true }), gap('5-1', '5-3')];
    const made = record([...seen, three], threeSent, [['5-3', 'p/3']]);
    expect(check(made)).toMatchObject({ violations: [], gapCount: 2, lost: [{}, {}] });
  });

  it('with a broker that lost messages and said so, and gives again what it kept', () => {
    const lost = attempt(4, acknowledged('9-3'));
    const seen = [...begin, one, two, three, gap('5-3', '5-1'), one, two, message('9-3', 'p/4')];
    const kept = [['5-1', 'p/1'] as const, ['5-2', 'p/2'] as const, ['9-3', 'p/4'] as const];
    expect(kinds(record(seen, [...threeSent, lost], kept))).toEqual([]);
  });

  it('with a reader that was told that what it had was lost, and nothing came since', () => {
    const made = record([...begin, one, two, three, gap('5-3', null)], threeSent, []);
    expect(kinds(made)).toEqual([]);
    // But not if something did come.
    const four = [...threeSent, attempt(4, acknowledged('9-1'))];
    const since = record([...begin, one, two, three, gap('5-3', null)], four, [['9-1', 'p/4']]);
    expect(kinds(since)).toEqual(['missing']);
  });

  it('with an attempt of unknown outcome, whether it arrived or not', () => {
    const unsure = [...threeSent, attempt(4, broken), attempt(5, refused(503))];
    const kept = [...[1, 2, 3].map((n) => [`5-${n}`, `p/${n}`] as const), ['5-4', 'p/4'] as const];
    const seen = [...begin, one, two, three];
    expect(kinds(record([...seen, message('5-4', 'p/4')], unsure, kept))).toEqual([]);
    expect(kinds(record(seen, unsure))).toEqual([]);
  });

  it('with a stream of several channels that repeats a part of a batch on a resume', () => {
    const cursorless = (id: string, text: string): Observation =>
      ({ ...message(id, text), eventId: undefined }) as Observation;
    const made = record([
      ...[connected(), ready('*x', { position: '5-0' })],
      ...[cursorless('5-1', 'p/1'), cursorless('5-2', 'p/2'), connected('*x')],
      ...[ready('*x', { position: '5-3', recovered: true })],
      ...[cursorless('5-1', 'p/1'), cursorless('5-2', 'p/2'), cursorless('5-3', 'p/3')],
    ]);
    const several = made.readers.map((log) => ({ ...log, channels: [CHANNEL, 'public.b'] }));
    const violations = check({ ...made, readers: several }).violations;
    expect(violations.filter(({ channel }) => channel === CHANNEL)).toEqual([]);
  });
});

describe('The checker complains', () => {
  it('of a message that a reader did not get', () => {
    expect(kinds(record([...begin, one, three]))).toEqual(['hole', 'missing']);
    expect(kinds(record([...begin, one, two]))).toEqual(['behind', 'missing']);
    expect(kinds(record([connected()]))).toEqual(['behind', 'missing']);
  });

  it('of a gap that covers nothing of what is missing', () => {
    // The broker has p/2 still: the gap is no excuse to leave it out.
    const seen = [...begin, one, gap('5-1', '5-2'), three];
    expect(kinds(record(seen))).toEqual(['hole', 'missing']);
    // Told before the message was sent.
    const early = [connected(), ready('5-0'), gap('5-0', null, 0), one, two];
    expect(kinds(record(early, threeSent, [['5-1', 'p/1'] as const, ['5-2', 'p/2']]))).toEqual([
      'untold',
    ]);
  });

  it('of a message that the broker lost without a word', () => {
    const after = attempt(4, acknowledged('9-3'));
    const kept = [['5-1', 'p/1'] as const, ['5-2', 'p/2'] as const, ['9-3', 'p/4'] as const];
    const made = record([...begin, one, two, message('9-3', 'p/4')], [...threeSent, after], kept);
    expect(kinds(made)).toEqual(['untold']);
    expect(check(made).lost).toMatchObject([{ message: 'p/3' }]);
  });

  it('of a repeat', () => {
    expect(kinds(record([...begin, one, one, two, three]))).toContain('twice');
    const keyed = [
      ...[attempt(1, broken, { key: 'k' }), attempt(1, acknowledged('5-2'), { key: 'k' })],
      attempt(3, acknowledged('5-3')),
    ];
    const kept = [['5-1', 'p/1'] as const, ['5-2', 'p/1'] as const, ['5-3', 'p/3'] as const];
    const seen = [...begin, one, message('5-2', 'p/1'), three];
    const { violations } = check(record(seen, keyed, kept));
    expect(violations.map(({ kind, witness }) => [kind, witness])).toEqual([
      ['twice', 'r'],
      ['twice', 'history'],
    ]);
  });

  it('of a key that was answered with two ids', () => {
    const keyed = [attempt(1, acknowledged('5-1'), { key: 'k' })];
    keyed.push(attempt(1, acknowledged('5-2'), { key: 'k' }));
    expect(check(record([], keyed, [])).violations).toContainEqual({
      ...{ kind: 'twice', witness: 'sender', channel: CHANNEL },
      detail: 'p/1 acknowledged as 5-1 and 5-2',
    });
  });

  it('of what comes out of order', () => {
    expect(kinds(record([...begin, one, three, two]))).toContain('out-of-order');
    expect(kinds(record([one, connected(), ready('5-0'), one, two, three]))).toContain(
      'out-of-order',
    );
    const swapped = [attempt(2, acknowledged('5-1')), attempt(1, acknowledged('5-2'))];
    const seen = [...begin, message('5-1', 'p/2'), message('5-2', 'p/1')];
    const kept = [['5-1', 'p/2'] as const, ['5-2', 'p/1'] as const];
    expect(kinds(record(seen, swapped, kept))).toEqual(['out-of-order']);
    expect(kinds(record(begin, [], [['6-2', 'p/1'] as const, ['5-3', 'p/2']]))).toContain(
      'out-of-order',
    );
  });

  it('of a new epoch that does not go on at the next offset, or is older', () => {
    const four = attempt(4, acknowledged('9-5'));
    const seen = [...begin, one, two, three, message('9-5', 'p/4')];
    const kept = [1, 2, 3].map((number) => [`5-${number}`, `p/${number}`] as const);
    expect(kinds(record(seen, [...threeSent, four], kept))).toEqual(['hole']);
    const older = [...begin, one, two, three, message('4-4', 'p/4')];
    const sent = [...threeSent, attempt(4, acknowledged('4-4'))];
    expect(kinds(record(older, sent, kept))).toContain('out-of-order');
  });

  it('of what nobody sent, or was refused for good', () => {
    const seen = [...begin, one, two, three, message('5-4', 'p/4')];
    expect(kinds(record(seen))).toEqual(['never-sent']);
    expect(kinds(record(seen, [...threeSent, attempt(4, refused(422))]))).toEqual(['never-sent']);
    const elsewhere = [...threeSent, attempt(4, acknowledged('5-4'), { channel: 'public.b' })];
    expect(kinds(record(seen, elsewhere))).toContain('never-sent');
  });

  it('of an id that is not the one in the answer, or in the event', () => {
    const made = [attempt(1, acknowledged('5-7')), ...threeSent.slice(1)];
    expect(kinds(record([...begin, one, two, three], made))).toContain('wrong-id');
    const event = { ...one, eventId: '5-9' } as Observation;
    expect(kinds(record([...begin, event, two, three]))).toEqual(['wrong-id']);
    const without = { ...one, eventId: undefined } as Observation;
    expect(kinds(record([...begin, without, two, three]))).toEqual(['wrong-id']);
  });

  it('of a position that two messages were given', () => {
    const sent = [...threeSent, attempt(4, acknowledged('5-3'))];
    expect(kinds(record([...begin, one, two, three], sent))).toContain('reused-position');
  });

  it('of a resume that goes on elsewhere and does not say so', () => {
    const seen = [...begin, one, connected('5-1')];
    expect(kinds(record([...seen, resumed('5-2'), three]))).toContain('false-resume');
    expect(kinds(record([...seen, ready('5-1'), two, three]))).toEqual(['false-resume']);
    expect(kinds(record([connected(), gap('5-0', null)]))).toContain('false-resume');
  });

  it('of a reader that an EventSource would not come back from', () => {
    const failed: Observation = { kind: 'failed', why: '503' };
    expect(kinds(record([...begin, one, two, three, failed]))).toEqual(['failed']);
  });

  it('of a message that was sent a second after the right of its reader had ended', () => {
    const sent = [attempt(1, acknowledged('5-1')), attempt(2, acknowledged('5-2'))];
    const late = attempt(3, acknowledged('5-3'), { sentAtMs: 2102 });
    const turnedAway: Observation = { kind: 'failed', why: 'answered 401' };
    const ended = (observations: readonly Observation[], rightEndedAtMs: number) => {
      const { readers, ...rest } = record(observations, [...sent, late]);
      return { ...rest, readers: readers.map((reader) => ({ ...reader, rightEndedAtMs })) };
    };
    expect(kinds(ended([...begin, one, two, three], 1101))).toEqual(['after-right']);
    expect(kinds(ended([...begin, one, two, three], 1102))).toEqual([]);
    // It is not behind, and may be turned away, but not otherwise.
    expect(kinds(ended([...begin, one, turnedAway], 10))).toEqual([]);
    expect(kinds(ended([...begin, one, { ...turnedAway, why: 'answered 500' }], 10))).toEqual([
      'failed',
    ]);
    expect(kinds(record([...begin, one, two, three, turnedAway]))).toEqual(['failed']);
  });
});
