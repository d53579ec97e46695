import type { Bench } from '../bench.js';
import type { ContestantName } from '../contestants.js';
import { entryOf } from '../contestants.js';
import type { FanoutGroup } from '../plan.js';
import { deliver, undelivered, warmUp, type Delivery } from './delivery.js';

export interface FanoutRow {
  readonly server: ContestantName;
  readonly readers: number;
  readonly perSecond: number;
  /** User and system. */
  readonly cpuUsPerDelivery?: number;
  readonly redisCpuUsPerMessage?: number;
  /** Less than `perSecond` where the server cannot do more. */
  readonly reachedPerSecond?: number;
  readonly deliveries?: number;
  /** Why there is no number, or a note on it. */
  readonly note?: string;
  readonly failed?: boolean;
}

/** A server has fallen behind if it published less than this share of what it was asked for, */
const KEPT_UP = 0.95;
/** or whose last reader had the last message so long after it was due. */
const LAG_MS = 250;

/** Server CPU per delivery. */
export async function measureFanout(bench: Bench): Promise<FanoutRow[]> {
  const rows: FanoutRow[] = [];
  let turn = 0;
  for (const group of bench.plan.fanout) {
    const runs = new Map<ContestantName, Delivery[][]>();
    for (let round = 0; round < group.rounds; round += 1) {
      for (const name of bench.turns(turn++)) {
        const earlier = runs.get(name) ?? group.rates.map(() => []);
        runs.set(name, earlier);
        await bench.attempt(
          name,
          () => runGroup(bench, name, group, earlier),
          (reason) => {
            earlier.find((run) => run.length <= round)?.push(undelivered(reason));
          },
        );
      }
    }
    group.rates.forEach((perSecond, index) => {
      for (const name of bench.names) {
        const deliveries = runs.get(name)?.[index] ?? [];
        rows.push(toRow(name, group.readers, perSecond, deliveries, bench));
      }
    });
  }
  return rows;
}

async function runGroup(
  bench: Bench,
  name: ContestantName,
  { readers, rates }: FanoutGroup,
  runs: Delivery[][],
): Promise<void> {
  const server = await bench.server(name);
  await bench.open(server, readers);
  await warmUp(bench, server, readers);
  for (const [index, perSecond] of rates.entries()) {
    if (perSecond * readers > bench.plan.maxDeliveriesPerSecond) break;
    const { seconds } = bench.plan;
    const delivery = await deliver(bench, server, readers, { perSecond, seconds });
    runs[index]?.push(delivery);
    const perDelivery = (delivery.cpuUs / delivery.deliveredCount).toFixed(2);
    bench.say(`fanout ${readers} readers, ${perSecond} msg/s, ${name}: ${perDelivery} µs`);
    // Higher rates would only take time.
    if (delivery.problem !== undefined || !keepsUp(delivery, perSecond, seconds)) break;
  }
  await bench.close();
}

function keepsUp(delivery: Delivery, perSecond: number, seconds: number): boolean {
  const { publishedCount, elapsedMs } = delivery;
  return publishedCount >= perSecond * seconds * KEPT_UP && elapsedMs <= seconds * 1000 + LAG_MS;
}

/** Messages a second that reached all readers. */
function reached(runs: readonly Delivery[], seconds: number): number {
  const published = sum(runs.map(({ publishedCount }) => publishedCount));
  return published / sum(runs.map(({ elapsedMs }) => Math.max(elapsedMs / 1000, seconds)));
}

function toRow(
  server: ContestantName,
  readers: number,
  perSecond: number,
  runs: readonly Delivery[],
  { plan }: Bench,
): FanoutRow {
  const row = { server, readers, perSecond };
  if (perSecond * readers > plan.maxDeliveriesPerSecond) {
    return { ...row, note: `not asked of anybody` };
  }
  if (runs.length === 0) return { ...row, note: 'fell behind at a lower rate' };
  const problem = runs.find((run) => run.problem !== undefined)?.problem;
  if (problem !== undefined) return { ...row, failed: true, note: problem };
  const deliveries = sum(runs.map(({ deliveredCount }) => deliveredCount));
  const published = sum(runs.map(({ publishedCount }) => publishedCount));
  const reachedPerSecond = reached(runs, plan.seconds);
  return {
    ...row,
    deliveries,
    reachedPerSecond,
    cpuUsPerDelivery: sum(runs.map(({ cpuUs }) => cpuUs)) / deliveries,
    ...(entryOf(server).usesRedis && {
      redisCpuUsPerMessage: sum(runs.map(({ redisCpuUs }) => redisCpuUs)) / published,
    }),
    ...(!runs.every((run) => keepsUp(run, perSecond, plan.seconds)) && { note: 'fell behind' }),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
