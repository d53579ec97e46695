import type { Bench } from '../bench.js';
import type { LatencySummary } from '../load/latencies.js';
import type { Contestant, PublishTimes } from '../processes/contestant.js';
import { cpuUs } from '../processes/proc.js';

/** One run: publishes messages at a rate, and checks them at every reader. */
export interface Delivery {
  readonly publishedCount: number;
  readonly deliveredCount: number;
  /** The time from the first message published to the last one delivered. */
  readonly elapsedMs: number;
  readonly cpuUs: number;
  readonly redisCpuUs: number;
  readonly loadCpuUs: number;
  readonly latency?: LatencySummary;
  readonly lastEventId?: string;
  /** Set unless every reader got every message, in order, once. */
  readonly problem?: string;
}

export interface DeliverOptions {
  /** Latencies are counted for one in this many readers. Default 0: none. */
  readonly latencyEvery?: number;
  readonly lastEventId?: boolean;
}

/** How long an overloaded server gets to finish what it has begun. */
const FINISH_DEADLINE_MS = 15_000;

/** A rate that even the slowest contestant can keep. */
const WARM_DELIVERIES_PER_SECOND = 40_000;

export async function deliver(
  { load, redis }: Bench,
  server: Contestant,
  readers: number,
  times: PublishTimes,
  { latencyEvery = 0, lastEventId = false }: DeliverOptions = {},
): Promise<Delivery> {
  await load.call('begin', { latencyEvery, lastEventId });
  const pids = [server.pids, [redis.pid], [load.pid]];
  const before = pids.map(cpuUs);
  const published = await server.publish(times);
  const expectedCount = published.count * readers;
  const settled = await load.call('settle', {
    count: expectedCount,
    deadlineMs: FINISH_DEADLINE_MS,
  });
  const [ownUs = 0, redisUs = 0, loadUs = 0] = pids.map(
    (group, index) => cpuUs(group) - (before[index] ?? 0),
  );
  const { missedCount, repeatedCount, lostCount, deliveredCount } = settled;
  const isComplete =
    published.failedCount + missedCount + repeatedCount + lostCount === 0 &&
    deliveredCount === expectedCount;
  return {
    publishedCount: published.count,
    deliveredCount,
    elapsedMs: (settled.lastAtUs - published.startedAtUs) / 1000,
    ...{ cpuUs: ownUs, redisCpuUs: redisUs, loadCpuUs: loadUs },
    ...(settled.latency && { latency: settled.latency }),
    ...(settled.lastEventId !== undefined && { lastEventId: settled.lastEventId }),
    ...(!isComplete && {
      problem:
        `${deliveredCount} of ${expectedCount} delivered, ${missedCount} missed, ` +
        `${repeatedCount} repeated, ${lostCount} connections lost, ` +
        `${published.failedCount} publishes failed`,
    }),
  };
}

/** The result of a run that failed. */
export function undelivered(problem: string): Delivery {
  const nothing = { publishedCount: 0, deliveredCount: 0, elapsedMs: 0 };
  return { ...nothing, cpuUs: 0, redisCpuUs: 0, loadCpuUs: 0, problem };
}

/** Warms up: compiles the server's code and grows its readers' buffers before anything counts. */
export function warmUp(bench: Bench, server: Contestant, readers: number): Promise<Delivery> {
  const perSecond = Math.min(400, Math.max(10, WARM_DELIVERIES_PER_SECOND / readers));
  return deliver(bench, server, readers, {
    perSecond,
    seconds: Math.min(0.5, bench.plan.seconds / 2),
  });
}
