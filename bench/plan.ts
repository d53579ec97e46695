export interface FanoutGroup {
  readonly readers: number;
  /** Messages a second, rising. */
  readonly rates: readonly number[];
  /** How many rounds to measure: figures with targets are measured twice. */
  readonly rounds: number;
}

export interface Plan {
  /** Seconds of publishing of one measurement. */
  readonly seconds: number;
  readonly fanout: readonly FanoutGroup[];
  /** The most deliveries a second to ask for: one load generator could not check more. */
  readonly maxDeliveriesPerSecond: number;
  readonly saturation: {
    readonly readers: number;
    readonly seconds: number;
    readonly halvings: number;
    readonly tries: number;
  };
  readonly quiet: {
    readonly readers: number;
    readonly perSecond: number;
    readonly seconds: number;
    readonly rounds: number;
  };
  readonly idle: {
    /** Opened before memory is counted. */
    readonly firstReaders: number;
    /** Opened before CPU is counted. */
    readonly warmReaders: number;
    readonly readers: number;
    /** How long memory is given to settle. */
    readonly restMs: number;
  };
  readonly stalled: {
    /** The number of readers, one of which does not read. */
    readonly readers: number;
    readonly perSecond: number;
    readonly seconds: number;
    /** How many measurements a round makes with the stalled reader, and without. */
    readonly runs: number;
    readonly rounds: number;
    /** How long memory is given to settle. */
    readonly restMs: number;
  };
  readonly resume: { readonly readers: number; readonly behind: number };
  readonly send: {
    readonly connections: number;
    readonly seconds: number;
    readonly rounds: number;
  };
}

export function fullPlan(seconds = 2): Plan {
  return {
    seconds,
    fanout: [
      { readers: 100, rates: [20, 100, 400, 2000], rounds: 1 },
      { readers: 1000, rates: [20, 100, 400, 2000], rounds: 2 },
      { readers: 10_000, rates: [2, 10, 20, 100, 400], rounds: 1 },
    ],
    maxDeliveriesPerSecond: 4_000_000,
    saturation: { readers: 1000, seconds: 1, halvings: 4, tries: 2 },
    quiet: { readers: 100, perSecond: 10, seconds: 3, rounds: 2 },
    idle: { firstReaders: 100, warmReaders: 2000, readers: 10_000, restMs: 1000 },
    stalled: { readers: 1000, perSecond: 100, seconds: 0.4, runs: 3, rounds: 2, restMs: 200 },
    resume: { readers: 10_000, behind: 100 },
    send: { connections: 64, seconds: 1.5, rounds: 3 },
  };
}

export function quickPlan(seconds = 0.6): Plan {
  return {
    seconds,
    fanout: [
      { readers: 100, rates: [100], rounds: 1 },
      { readers: 1000, rates: [20, 100], rounds: 1 },
    ],
    maxDeliveriesPerSecond: 1_200_000,
    saturation: { readers: 1000, seconds: 0.4, halvings: 1, tries: 1 },
    quiet: { readers: 100, perSecond: 10, seconds: 0.6, rounds: 1 },
    idle: { firstReaders: 100, warmReaders: 200, readers: 1000, restMs: 300 },
    stalled: { readers: 200, perSecond: 100, seconds: 0.4, runs: 1, rounds: 1, restMs: 200 },
    resume: { readers: 1000, behind: 100 },
    send: { connections: 64, seconds: 0.5, rounds: 1 },
  };
}

export function maxReaders(plan: Plan): number {
  return Math.max(
    ...plan.fanout.map(({ readers }) => readers),
    ...[plan.saturation, plan.quiet, plan.idle, plan.stalled, plan.resume].map(
      ({ readers }) => readers,
    ),
  );
}

/** The plan with at most this many readers at a time. */
export function limitReaders(plan: Plan, max: number): Plan {
  const limit = <Part extends { readonly readers: number }>(part: Part): Part => ({
    ...part,
    readers: Math.min(part.readers, max),
  });
  return {
    ...plan,
    fanout: plan.fanout.map(limit),
    saturation: limit(plan.saturation),
    quiet: limit(plan.quiet),
    idle: limit(plan.idle),
    stalled: limit(plan.stalled),
    resume: limit(plan.resume),
  };
}
