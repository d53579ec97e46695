import fc from 'fast-check';
import { cut, cuts } from '../properties/arbitraries.js';
import { soundRequests, streamRequests } from './requests.js';
import { wildRequests } from './wild-requests.js';

/** One connection, and what its client does. */
export interface FuzzSession {
  /** The methods of its requests, in order. */
  readonly methods: readonly string[];
  /** Requests that are each answered, sent one by one or pipelined, in pieces cut anywhere. */
  readonly sound: readonly Buffer[];
  readonly soundCount: number;
  /** At most one more request, whose answer may never end or never come. */
  readonly last: readonly Buffer[];
  /** Whether the last request is sent before the others are answered. */
  readonly isRushed: boolean;
  /** Whether the client waits for the last answer to begin. */
  readonly isPatient: boolean;
  /** Whether the server may close the connection and leave requests unanswered. */
  readonly mayBreak: boolean;
  /** `end` closes the client's side, and the server must close the other; `destroy` breaks it. */
  readonly ending: 'end' | 'destroy';
}

const sessions: fc.Arbitrary<FuzzSession> = fc
  .record({
    sound: fc.array(soundRequests, { maxLength: 6 }),
    last: fc.oneof(
      { weight: 2, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: streamRequests },
      { weight: 2, arbitrary: wildRequests },
    ),
    places: fc.tuple(cuts, cuts),
    isRushed: fc.boolean(),
    isPatient: fc.boolean(),
    ending: fc.constantFrom('end' as const, 'destroy' as const),
  })
  .filter(({ sound, last }) => sound.length > 0 || last !== undefined)
  .map(({ sound, last, places, isRushed, isPatient, ending }) => ({
    methods: [...sound, ...(last ? [last] : [])].map(({ method }) => method),
    sound: piecesOf(Buffer.concat(sound.map(({ bytes }) => bytes)), places[0]),
    soundCount: sound.length,
    last: piecesOf(last?.bytes ?? Buffer.alloc(0), places[1]),
    isRushed,
    isPatient: isPatient && last?.kind === 'stream',
    mayBreak: isRushed && last?.kind === 'wild',
    ending,
  }));

const piecesOf = (bytes: Buffer, places: readonly number[]): Buffer[] =>
  cut(bytes, places).filter(({ length }) => length > 0);

/** Sessions with this many requests in total, the same for the same seed. */
export function generateSessions(seed: number, requestCount: number): FuzzSession[] {
  const found: FuzzSession[] = [];
  let count = 0;
  for (let round = 0; count < requestCount; round += 1) {
    for (const session of fc.sample(sessions, { seed: seed + round, numRuns: 500 })) {
      if (count >= requestCount) break;
      found.push(session);
      count += session.methods.length;
    }
  }
  return found;
}
