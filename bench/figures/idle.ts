import type { Bench } from '../bench.js';
import type { ContestantName } from '../contestants.js';
import type { Contestant } from '../processes/contestant.js';
import { cpuUs } from '../processes/proc.js';
import { warmUp } from './delivery.js';
import { restingBytes } from './resting-bytes.js';

export interface IdleRow {
  readonly server: ContestantName;
  readonly readers: number;
  readonly residentBytesPerReader?: number;
  readonly cpuMsPerConnect?: number;
  readonly connectsPerSecond?: number;
  readonly note?: string;
  readonly failed?: boolean;
}

/**
 * What a reader that gets nothing costs: memory while it is there, CPU when it comes. Counted for those
 * that come after the first ones, for whom code is compiled and heaps grow to a working size.
 */
export async function measureIdle(bench: Bench): Promise<IdleRow[]> {
  const rows: IdleRow[] = [];
  const { readers } = bench.plan.idle;
  for (const name of bench.turns(3)) {
    const row = await bench.attempt(
      name,
      () => bench.withFresh(name, (server) => measure(bench, name, server)),
      (note): IdleRow => ({ server: name, readers, failed: true, note }),
    );
    rows.push(row);
  }
  return rows;
}

async function measure(bench: Bench, name: ContestantName, server: Contestant): Promise<IdleRow> {
  const { readers, firstReaders, warmReaders, restMs } = bench.plan.idle;
  await bench.open(server, firstReaders);
  await warmUp(bench, server, firstReaders);
  const firstBytes = await restingBytes(server, restMs);
  await bench.open(server, warmReaders - firstReaders);
  const counted = readers - warmReaders;
  const cpuBeforeUs = cpuUs(server.pids);
  const { startedAtUs, openedAtUs } = await bench.open(server, counted);
  const cpuAfterUs = cpuUs(server.pids);
  const fullBytes = await restingBytes(server, restMs);
  const residentBytesPerReader = (fullBytes - firstBytes) / (readers - firstReaders);
  const cpuMsPerConnect = (cpuAfterUs - cpuBeforeUs) / 1000 / counted;
  bench.say(
    `idle ${readers} readers, ${name}: ${(residentBytesPerReader / 1024).toFixed(1)} KB, ` +
      `${cpuMsPerConnect.toFixed(3)} ms`,
  );
  return {
    ...{ server: name, readers, residentBytesPerReader, cpuMsPerConnect },
    connectsPerSecond: counted / ((openedAtUs - startedAtUs) / 1_000_000),
  };
}
