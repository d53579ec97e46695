import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Open files of a process in addition to its readers. */
const SPARE = 500;

/**
 * How many readers the limit of open files allows, at most `wanted`. Raises this process's limit, which
 * its children inherit, where that is allowed.
 */
export function affordableReaders(wanted: number): number {
  if (hardLimit() < wanted + SPARE) {
    const limit = wanted + SPARE;
    spawnSync('prlimit', ['--pid', String(process.pid), `--nofile=${limit}:${limit}`]);
  }
  return Math.min(wanted, hardLimit() - SPARE);
}

/** Node raises its soft limit to the hard one when it starts. */
function hardLimit(): number {
  const limits = readFileSync('/proc/self/limits', 'utf8');
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(limits)?.[1];
  return hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard);
}
