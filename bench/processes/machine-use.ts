import { readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

/** CPU seconds so far, since some time in the past. */
export interface MachineUse {
  /** CPU time of the whole machine, including what a hypervisor gave to others. */
  readonly allSeconds: number;
  /** Of this process and of all its children that have ended. */
  readonly ownSeconds: number;
}

export function readMachineUse(): MachineUse {
  const [, all = ''] = /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8')) ?? [];
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = all
    .split(' ')
    .map(Number);
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const own = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 15)
    .map(Number);
  return {
    allSeconds: (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND,
    ownSeconds: own.reduce((sum, ticks) => sum + ticks, 0) / TICKS_PER_SECOND,
  };
}

/** How many cores other work has kept busy since, on average. */
export function otherCores(before: MachineUse, after: MachineUse, seconds: number): number {
  const all = after.allSeconds - before.allSeconds;
  const own = after.ownSeconds - before.ownSeconds;
  return Math.max(0, (all - own) / seconds);
}
