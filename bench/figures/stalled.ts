import type { Bench } from '../bench.js';
import type { ContestantName } from '../contestants.js';
import type { LatencySummary } from '../load/latencies.js';
import type { Contestant } from '../processes/contestant.js';
import { deliver, warmUp } from './delivery.js';
import { publishAll } from './publish-all.js';
import { restingBytes } from './resting-bytes.js';

export interface StalledRow {
  readonly server: ContestantName;
  /** The number of readers, including the one that does not read. */
  readonly readers: number;
  readonly perSecond: number;
  /** The p99 while all read. */
  readonly allRead?: LatencySummary;
  /** The p99 of the others while one does not read. */
  readonly oneStalled?: LatencySummary;
  /** The p99 of `oneStalled`, divided by that of `allRead`. */
  readonly p99Ratio?: number;
  /** How much more memory the server takes for the stalled reader. */
  readonly residentGrowthBytes?: number;
  /** How many messages were published for the stalled reader, */
  readonly publishedCount?: number;
  /** and how many it got when it finally read. */
  readonly keptCount?: number;
  readonly note?: string;
  readonly failed?: boolean;
}

/** One that did not read, until the end. */
interface Stall {
  readonly latencies: readonly LatencySummary[];
  readonly residentGrowthBytes: number;
  readonly publishedCount: number;
  readonly keptCount: number;
}

/** Two that limit what waits for a reader, and the least that a server does. */
const NAMES: readonly ContestantName[] = ['birdsong-memory', 'birdsong-redis', 'floor'];

/**
 * 16 MiB: several times what the kernel takes for a connection that nobody reads together with what Birdsong
 * lets wait for it, and more messages than Birdsong keeps for those who come back.
 */
const BURST_COUNT = 4096;
const BURST = { perSecond: 5120, textBytes: 4096 };

const READ_DEADLINE_MS = 10_000;

/** What one reader that never reads costs the others, and the server. */
export async function measureStalled(bench: Bench): Promise<StalledRow[]> {
  const rows: StalledRow[] = [];
  const { readers, perSecond } = bench.plan.stalled;
  for (const name of bench.turns(4).filter((candidate) => NAMES.includes(candidate))) {
    const row = await bench.attempt(
      name,
      () => bench.withFresh(name, (server) => measure(bench, name, server)),
      (note): StalledRow => ({ server: name, readers, perSecond, failed: true, note }),
    );
    rows.push(row);
  }
  return rows;
}

async function measure(
  bench: Bench,
  name: ContestantName,
  server: Contestant,
): Promise<StalledRow> {
  const { readers, perSecond, rounds } = bench.plan.stalled;
  await fillHistory(bench, server);
  // Only the first is weighed, because the process keeps that memory for later ones.
  const { latencies, ...weighed } = await measureOneStalled(bench, server);
  const oneStalledRuns = [...latencies];
  const allReadRuns = await measureAllRead(bench, server);
  for (let round = 1; round < rounds; round += 1) {
    oneStalledRuns.push(...(await measureOneStalled(bench, server)).latencies);
    allReadRuns.push(...(await measureAllRead(bench, server)));
  }
  const oneStalled = median(oneStalledRuns);
  const allRead = median(allReadRuns);
  bench.say(
    `stalled ${readers} readers, ${name}: p99 ${oneStalled.p99Ms.toFixed(2)} ms, ` +
      `${allRead.p99Ms.toFixed(2)} ms when all read`,
  );
  return {
    ...{ server: name, readers, perSecond, allRead, oneStalled, ...weighed },
    p99Ratio: oneStalled.p99Ms / allRead.p99Ms,
    ...(weighed.keptCount === weighed.publishedCount && { note: 'kept all of it' }),
  };
}

/** Fills what the server keeps for returning readers with such messages. */
async function fillHistory(bench: Bench, server: Contestant): Promise<void> {
  await bench.open(server, 1);
  await publishAll(server, BURST_COUNT, BURST);
  await bench.close();
}

/** The burst goes only to the stalled reader: a thousand readers could not take as much in the time. */
async function measureOneStalled(bench: Bench, server: Contestant): Promise<Stall> {
  const { readers, restMs } = bench.plan.stalled;
  const firstSeq = server.nextSeq;
  const beforeBytes = await restingBytes(server, restMs);
  await bench.stall(server);
  await publishAll(server, BURST_COUNT, BURST);
  const residentGrowthBytes = (await restingBytes(server, restMs)) - beforeBytes;
  const latencies = await measureLatencies(bench, server, readers - 1);
  const publishedCount = server.nextSeq - firstSeq;
  const keptCount = await readAtLast(bench, publishedCount);
  await bench.close();
  return { latencies, residentGrowthBytes, publishedCount, keptCount };
}

async function measureAllRead(bench: Bench, server: Contestant): Promise<LatencySummary[]> {
  const latencies = await measureLatencies(bench, server, bench.plan.stalled.readers);
  await bench.close();
  return latencies;
}

async function measureLatencies(
  bench: Bench,
  server: Contestant,
  count: number,
): Promise<LatencySummary[]> {
  const { perSecond, seconds, runs } = bench.plan.stalled;
  const latencies: LatencySummary[] = [];
  await bench.open(server, count);
  await warmUp(bench, server, count);
  // Weighing pauses too; without this, the other runs would lack that pause.
  await server.collectGarbage();
  for (let run = 0; run < runs; run += 1) {
    const delivery = await deliver(
      ...([bench, server, count] as const),
      { perSecond, seconds },
      { latencyEvery: 1 },
    );
    const { problem, latency } = delivery;
    if (problem !== undefined || !latency) throw new Error(problem ?? 'nothing was delivered');
    latencies.push(latency);
  }
  return latencies;
}

/** @returns how many of the messages it got, all or those before the first that was not kept for it */
async function readAtLast(bench: Bench, publishedCount: number): Promise<number> {
  const { deliveredCount, wasCut } = await bench.load.call('unstall', {
    ...{ count: publishedCount, deadlineMs: READ_DEADLINE_MS },
  });
  if (deliveredCount < publishedCount && !wasCut) {
    throw new Error(`${deliveredCount} of ${publishedCount} for the one that reads at last`);
  }
  return deliveredCount;
}

/** By the p99. */
function median(runs: readonly LatencySummary[]): LatencySummary {
  const sorted = runs.toSorted((left, right) => left.p99Ms - right.p99Ms);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (!middle) throw new Error('No runs');
  return middle;
}
