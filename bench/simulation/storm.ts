import { Random } from '../../test/harness/random.js';

/** Readers that lost their connection and come back. */
export interface Storm {
  /** That come to one process. */
  readonly readers: number;
  /** Over which they are sent away; 0: they lose their connections all at once. */
  readonly drainMs: number;
  /** What each waits before it connects, as the server told it. */
  readonly retryMs: number;
  /** Each waits a random time from once to so many times `retryMs`. */
  readonly retrySpread: number;
  /** CPU time that a return takes the process. */
  readonly serviceMs: number;
  /** The share of its core that the process has for returns. */
  readonly freeShare: number;
  readonly seed: number;
}

export interface StormOutcome {
  /** Milliseconds without a connection. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** The share of readers that found the queue of the socket full at least once. */
  readonly refusedShare: number;
  /** The most that came to the process within a second. */
  readonly maxPerSecond: number;
}

/** `listen`'s queue, as the server sets it. */
const BACKLOG = 4096;
/** When the kernel of a client that got no answer retries, each time. */
const KNOCK_AGAIN_MS = [1000, 2000, 4000, 8000, 16_000, 32_000];
/** Clients are not all equally far away. */
const MAX_TRAVEL_MS = 200;

interface Knock {
  readonly reader: number;
  readonly atMs: number;
  readonly tries: number;
}

/**
 * One process as a queue: it serves readers in order, and a reader that finds the queue full retries by its kernel's
 * timer. Simulated event by event, because bursts are what matters.
 */
export function simulateStorm(storm: Storm): StormOutcome {
  const random = new Random(storm.seed);
  const lostMs = Array.from({ length: storm.readers }, () => random.between(0, storm.drainMs));
  const first = lostMs.map((atMs, reader) => ({
    reader,
    tries: 0,
    atMs:
      atMs +
      storm.retryMs * random.between(1, storm.retrySpread) +
      random.between(0, MAX_TRAVEL_MS),
  }));
  const knocks = new KnockQueue(first);
  const serviceMs = storm.serviceMs / storm.freeShare;
  const ends: number[] = [];
  let served = 0;
  const refused = new Set<number>();
  const awayMs: number[] = [];
  const perSecond = new Map<number, number>();
  for (let knock = knocks.take(); knock; knock = knocks.take()) {
    const { atMs, reader, tries } = knock;
    while ((ends[served] ?? Infinity) <= atMs) served += 1;
    if (ends.length - served >= BACKLOG) {
      refused.add(reader);
      const againMs = KNOCK_AGAIN_MS[Math.min(tries, KNOCK_AGAIN_MS.length - 1)] ?? 0;
      knocks.add({ reader, tries: tries + 1, atMs: atMs + againMs });
      continue;
    }
    const endMs = Math.max(atMs, ends.at(-1) ?? 0) + serviceMs;
    ends.push(endMs);
    awayMs.push(endMs - (lostMs[reader] ?? 0));
    const second = Math.floor(atMs / 1000);
    perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
  }
  awayMs.sort((one, other) => one - other);
  const at = (share: number): number => awayMs[Math.ceil(share * awayMs.length) - 1] ?? 0;
  return {
    ...{ p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) },
    refusedShare: storm.readers === 0 ? 0 : refused.size / storm.readers,
    maxPerSecond: Math.max(0, ...perSecond.values()),
  };
}

interface Line {
  readonly knocks: Knock[];
  at: number;
}

/** The earliest first: those that come for the first time, and those that come again. */
class KnockQueue {
  /** Each in order by itself: of those with as many tries, who was refused later comes again later. */
  private readonly lines = new Map<number, Line>();

  constructor(knocks: readonly Knock[]) {
    this.lines.set(0, { knocks: knocks.toSorted((one, other) => one.atMs - other.atMs), at: 0 });
  }

  add(knock: Knock): void {
    const line = this.lines.get(knock.tries) ?? { knocks: [], at: 0 };
    line.knocks.push(knock);
    this.lines.set(knock.tries, line);
  }

  take(): Knock | undefined {
    let earliest: { knock: Knock; line: Line } | undefined;
    for (const line of this.lines.values()) {
      const knock = line.knocks[line.at];
      if (knock && (!earliest || knock.atMs < earliest.knock.atMs)) earliest = { knock, line };
    }
    if (earliest) earliest.line.at += 1;
    return earliest?.knock;
  }
}
