import type { Redis } from 'ioredis';
import type { Bench } from '../bench.js';
import type { ContestantName } from '../contestants.js';
import { cpuUs } from '../processes/proc.js';
import { deliver } from './delivery.js';
import { publishAll } from './publish-all.js';

export interface ResumeRow {
  readonly server: ContestantName;
  readonly readers: number;
  readonly behind: number;
  /** Seconds until every reader has everything it missed. */
  readonly seconds?: number;
  readonly redisCommands?: number;
  readonly cpuMsPerReader?: number;
  readonly note?: string;
  readonly failed?: boolean;
}

/** The contestants that replay what was missed since a Last-Event-ID. */
const RESUMING: readonly ContestantName[] = ['birdsong-memory', 'birdsong-redis', 'nchan'];

/** As many at once as the queue of a listening socket holds, with some room to spare. */
const STORM_WINDOW = 4000;
const DEADLINE_MS = 30_000;
const PUBLISH_PER_SECOND = 200;

/** All readers lose their connection, miss messages, and come back at once. */
export async function measureResume(bench: Bench): Promise<ResumeRow[]> {
  const redis = bench.redis.client();
  const rows: ResumeRow[] = [];
  for (const name of bench.names.filter((candidate) => RESUMING.includes(candidate))) {
    const row = await bench.attempt(
      name,
      () => measure(bench, name, redis),
      (note): ResumeRow => ({ server: name, ...bench.plan.resume, failed: true, note }),
    );
    rows.push(row);
    bench.say(
      `resume ${row.readers} readers, ${name}: ${row.note ?? `${row.seconds?.toFixed(2) ?? '?'} s`}`,
    );
  }
  return rows;
}

async function measure(bench: Bench, name: ContestantName, redis: Redis): Promise<ResumeRow> {
  const { readers, behind } = bench.plan.resume;
  const row = { server: name, readers, behind };
  const server = await bench.server(name);
  await bench.open(server, readers);
  const before = await deliver(
    ...([bench, server, readers] as const),
    { perSecond: 10, seconds: 0.5 },
    { lastEventId: true },
  );
  await bench.close();
  const { lastEventId } = before;
  if (before.problem !== undefined || lastEventId === undefined) {
    return { ...row, failed: true, note: before.problem ?? 'messages have no id' };
  }
  const firstSeq = server.nextSeq;
  await publishAll(server, behind, { perSecond: PUBLISH_PER_SECOND });
  await bench.load.call('begin', { latencyEvery: 0, lastEventId: false });
  const cpuBeforeUs = cpuUs(server.pids);
  const commandsBefore = await commandCount(redis);
  const { startedAtUs } = await bench.open(server, readers, {
    ...{ firstSeq, lastEventId, window: STORM_WINDOW },
  });
  const count = readers * behind;
  const settled = await bench.load.call('settle', { count, deadlineMs: DEADLINE_MS });
  // The first INFO counts itself.
  const redisCommands = (await commandCount(redis)) - commandsBefore - 1;
  const cpuMsPerReader = (cpuUs(server.pids) - cpuBeforeUs) / 1000 / readers;
  await bench.close();
  const { deliveredCount, missedCount, repeatedCount, lostCount } = settled;
  if (deliveredCount !== count || missedCount + repeatedCount + lostCount > 0) {
    const note =
      `${deliveredCount} of ${count} delivered, ${missedCount} missed, ` +
      `${repeatedCount} repeated, ${lostCount} connections lost`;
    return { ...row, failed: true, note };
  }
  return {
    ...row,
    seconds: (settled.lastAtUs - startedAtUs) / 1_000_000,
    ...(name === 'birdsong-redis' && { redisCommands }),
    cpuMsPerReader,
  };
}

/** All commands that this Redis has executed, including those of scripts. */
async function commandCount(redis: Redis): Promise<number> {
  const stats = await redis.info('stats');
  return Number(/total_commands_processed:(\d+)/.exec(stats)?.[1]);
}
