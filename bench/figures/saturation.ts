import type { Bench } from '../bench.js';
import type { ContestantName } from '../contestants.js';
import type { Contestant } from '../processes/contestant.js';
import { deliver, warmUp, type Delivery } from './delivery.js';

export interface SaturationRow {
  readonly server: ContestantName;
  readonly readers: number;
  /** The maximum, with every delivery checked and no backlog at the end. */
  readonly deliveriesPerSecond?: number;
  readonly perSecond?: number;
  /** Shares of one core at that rate. */
  readonly serverBusy?: number;
  readonly loadBusy?: number;
  readonly note?: string;
  readonly failed?: boolean;
}

interface Step {
  readonly perSecond: number;
  readonly delivery: Delivery;
}

const FIRST_PER_SECOND = 20;
const MAX_PER_SECOND = 20_480;
const FACTOR = 4;
const KEPT_UP = 0.97;
/** How long after the last message was due the last reader may get it. */
const LAG_MS = 150;

/** The most deliveries a second: raises the rate until the server cannot keep it, then narrows it down. */
export async function measureSaturation(bench: Bench): Promise<SaturationRow[]> {
  const { readers } = bench.plan.saturation;
  const rows: SaturationRow[] = [];
  for (const name of bench.turns(2)) {
    const row = await bench.attempt(
      name,
      () => measure(bench, name),
      (note): SaturationRow => ({ server: name, readers, failed: true, note }),
    );
    rows.push(row);
  }
  return rows;
}

async function measure(bench: Bench, name: ContestantName): Promise<SaturationRow> {
  const { readers } = bench.plan.saturation;
  const server = await bench.server(name);
  await bench.open(server, readers);
  await warmUp(bench, server, readers);
  const best = await findBest(bench, server);
  await bench.close();
  return toRow(name, readers, best);
}

async function findBest(bench: Bench, server: Contestant): Promise<Step | undefined> {
  let kept: Step | undefined;
  let lost: number | undefined;
  for (let perSecond = FIRST_PER_SECOND; perSecond <= MAX_PER_SECOND; perSecond *= FACTOR) {
    const step = await insist(bench, server, perSecond);
    if (step) {
      kept = step;
      lost = undefined;
    } else if (lost !== undefined) {
      break;
    } else {
      // Other work may have disturbed it; the next rate will show.
      lost = perSecond;
    }
  }
  for (let halving = 0; kept && lost && halving < bench.plan.saturation.halvings; halving += 1) {
    const perSecond = Math.round(Math.sqrt(kept.perSecond * lost));
    const step = await insist(bench, server, perSecond);
    if (step) kept = step;
    else lost = perSecond;
  }
  return kept;
}

/** Tries more than once, because a moment of other work would otherwise end the search. */
async function insist(
  bench: Bench,
  server: Contestant,
  perSecond: number,
): Promise<Step | undefined> {
  let step: Step | undefined;
  for (let tries = 0; !step && tries < bench.plan.saturation.tries; tries += 1) {
    step = await attempt(bench, server, perSecond);
  }
  return step;
}

/** @returns undefined if the server could not keep the rate */
async function attempt(
  bench: Bench,
  server: Contestant,
  perSecond: number,
): Promise<Step | undefined> {
  const { readers, seconds } = bench.plan.saturation;
  const delivery = await deliver(bench, server, readers, { perSecond, seconds });
  const { publishedCount, elapsedMs, problem } = delivery;
  const isKept =
    problem === undefined &&
    publishedCount >= perSecond * seconds * KEPT_UP - 1 &&
    elapsedMs <= seconds * 1000 + LAG_MS;
  bench.say(
    `saturation ${perSecond} msg/s, ${server.name}: ${isKept ? 'kept' : `not kept, ${problem ?? `${publishedCount} messages in ${Math.round(elapsedMs)} ms`}`}`,
  );
  if (problem !== undefined) {
    await bench.close();
    await bench.open(server, readers);
  }
  return isKept ? { perSecond, delivery } : undefined;
}

function toRow(server: ContestantName, readers: number, best: Step | undefined): SaturationRow {
  if (!best) return { server, readers, note: `cannot keep ${FIRST_PER_SECOND} msg/s` };
  const { delivery, perSecond } = best;
  const elapsedUs = delivery.elapsedMs * 1000;
  const loadBusy = delivery.loadCpuUs / elapsedUs;
  const serverBusy = delivery.cpuUs / elapsedUs;
  return {
    ...{ server, readers, perSecond, serverBusy, loadBusy },
    deliveriesPerSecond: (delivery.deliveredCount / elapsedUs) * 1_000_000,
    ...noteOf(perSecond, serverBusy, loadBusy),
  };
}

function noteOf(perSecond: number, serverBusy: number, loadBusy: number): { note?: string } {
  if (perSecond >= MAX_PER_SECOND) return { note: 'no more was asked for' };
  if (loadBusy > 0.9 && loadBusy > serverBusy) return { note: 'the load generator was the limit' };
  return {};
}
