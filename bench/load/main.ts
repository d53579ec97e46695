// The load generator: a process of its own, so that its work is not counted as a server's.
import { answerCalls } from '../processes/commands.js';
import type { LatencySummary } from './latencies.js';
import { Readers, type Opened, type OpenRun } from './readers.js';
import { send, type SendOutcome, type SendRun } from './send.js';
import { Tally } from './tally.js';

export interface Settled {
  readonly deliveredCount: number;
  readonly missedCount: number;
  readonly repeatedCount: number;
  readonly lostCount: number;
  readonly lastAtUs: number;
  readonly latency?: LatencySummary;
  /** The `id` of the last message, if it was asked for. */
  readonly lastEventId?: string;
}

/** What a stalled reader got when it finally read. */
export interface LateReading {
  readonly deliveredCount: number;
  /** Whether the server then ended its stream, or left messages out. */
  readonly wasCut: boolean;
}

/** How many deliveries to wait for, and how long. */
export interface Goal {
  readonly count: number;
  readonly deadlineMs: number;
}

export interface BeginOptions {
  /** Latencies are counted for one in this many readers; 0 for none. */
  readonly latencyEvery: number;
  /** Whether the `id` of the last message is wanted. */
  readonly lastEventId: boolean;
}

export interface LoadCommands {
  open(run: OpenRun): Promise<Opened>;
  close(): void;
  /** Counts from 0 again. */
  begin(options: BeginOptions): void;
  settle(goal: Goal): Promise<Settled>;
  /** Opens stalled readers, which are not counted among the others. */
  stall(run: OpenRun): Promise<void>;
  /** Lets the stalled readers read everything that waits for them, and closes them. */
  unstall(goal: Goal): Promise<LateReading>;
  send(run: SendRun): Promise<SendOutcome>;
}

const tally = new Tally();
const readers = new Readers(tally);
const stalledTally = new Tally();
const stalledReaders = new Readers(stalledTally);
let lastEventId: string | undefined;

answerCalls<LoadCommands>(
  {
    open: (run) => readers.open(run),
    close: () => {
      readers.close();
      stalledReaders.close();
    },
    begin: (options) => {
      tally.begin(options.latencyEvery);
      lastEventId = undefined;
      tally.readBytes = options.lastEventId ? rememberId : undefined;
    },
    settle: async ({ count, deadlineMs }) => {
      const lastAtUs = await tally.settle(count, deadlineMs);
      const { deliveredCount, missedCount, repeatedCount, lostCount } = tally;
      const latency = tally.latencySummary();
      return {
        ...{ deliveredCount, missedCount, repeatedCount, lostCount, lastAtUs },
        ...(latency && { latency }),
        ...(lastEventId !== undefined && { lastEventId }),
      };
    },
    stall: async (run) => {
      stalledTally.begin(0);
      await stalledReaders.open(run);
      stalledReaders.pause();
    },
    unstall: async ({ count, deadlineMs }) => {
      stalledReaders.resume();
      await stalledTally.settle(count, deadlineMs);
      stalledReaders.close();
      const { deliveredCount, isClean } = stalledTally;
      return { deliveredCount, wasCut: !isClean };
    },
    send,
  },
  undefined,
);

/** Every reader has the same last message once a run is settled, so any of them will do. */
function rememberId(bytes: Buffer, length: number): void {
  const ids = [...bytes.toString('latin1', 0, length).matchAll(/^id: ?(.*)$/gm)];
  lastEventId = ids.at(-1)?.[1] ?? lastEventId;
}
