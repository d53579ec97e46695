import type { Bench } from '../bench.js';
import type { ContestantName } from '../contestants.js';
import type { LatencySummary } from '../load/latencies.js';
import { deliver, warmUp } from './delivery.js';
import type { SaturationRow } from './saturation.js';

export interface LatencyRow extends Partial<LatencySummary> {
  readonly server: ContestantName;
  readonly load: 'half of its most' | 'quiet';
  readonly readers: number;
  readonly perSecond: number;
  /** How many readers have latencies; deliveries are checked for all. */
  readonly sampledReaders?: number;
  readonly note?: string;
  readonly failed?: boolean;
}

/** The most latencies that the load generator can read while it checks every message. */
const MAX_LATENCIES_PER_SECOND = 200_000;

/** The time from publishing to reading, under light load and at half of what a server can do. */
export async function measureLatency(
  bench: Bench,
  saturation: readonly SaturationRow[],
): Promise<LatencyRow[]> {
  const rows: LatencyRow[] = [];
  const { quiet, seconds } = bench.plan;
  for (let round = 0; round < quiet.rounds; round += 1) {
    for (const server of bench.turns(round)) {
      const run = { load: 'quiet', server, ...quiet } as const;
      keepBetter(rows, await measure(bench, run));
    }
  }
  for (const server of bench.turns(1)) {
    const most = saturation.find((row) => row.server === server);
    if (most?.perSecond === undefined) continue;
    const { readers, perSecond } = most;
    rows.push(
      await measure(bench, {
        ...{ load: 'half of its most', server, readers, seconds },
        perSecond: Math.round(perSecond / 2),
      }),
    );
  }
  return rows;
}

type Run = Pick<LatencyRow, 'server' | 'load' | 'readers' | 'perSecond'> & { seconds: number };

function measure(bench: Bench, run: Run): Promise<LatencyRow> {
  const { server, load, readers, perSecond } = run;
  return bench.attempt(
    server,
    () => measureOne(bench, run),
    (note) => ({ server, load, readers, perSecond, failed: true, note }),
  );
}

async function measureOne(bench: Bench, run: Run): Promise<LatencyRow> {
  const { load, readers, perSecond, seconds } = run;
  const server = await bench.server(run.server);
  await bench.open(server, readers);
  await warmUp(bench, server, readers);
  if (load !== 'quiet') {
    // Socket buffers grow with traffic, so measuring begins once they have grown.
    await deliver(bench, server, readers, { perSecond, seconds });
  }
  const latencyEvery = Math.ceil((readers * perSecond) / MAX_LATENCIES_PER_SECOND);
  const delivery = await deliver(bench, server, readers, { perSecond, seconds }, { latencyEvery });
  await bench.close();
  bench.say(
    `latency ${load}, ${readers} readers, ${perSecond} msg/s, ${run.server}: ` +
      `p99 ${delivery.latency?.p99Ms.toFixed(2) ?? '?'} ms`,
  );
  const row = { server: run.server, load, readers, perSecond };
  return delivery.problem === undefined
    ? { ...row, ...delivery.latency, sampledReaders: Math.ceil(readers / latencyEvery) }
    : { ...row, failed: true, note: delivery.problem };
}

/** Other work on the machine only adds latency, so the better round is nearer to the truth. */
function keepBetter(rows: LatencyRow[], row: LatencyRow): void {
  const index = rows.findIndex(({ server, load }) => server === row.server && load === row.load);
  if (index < 0) rows.push(row);
  else if ((row.p99Ms ?? Infinity) < (rows[index]?.p99Ms ?? Infinity)) rows[index] = row;
}
