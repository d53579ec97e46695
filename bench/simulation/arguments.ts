import { parseArgs } from 'node:util';
import { HARDWARE, type Hardware, type Scenario } from './scenario.js';

export interface Arguments {
  readonly mode: 'plan' | 'measure' | 'write-docs' | 'check-docs';
  readonly scenario: Scenario;
  readonly hardware: Hardware;
  readonly seed: number;
}

export const USAGE = `npm run simulate -- [options]

  --readers N            1,000,000 unless given
  --channels N           10,000: each reader reads one of them
  --rate R               0.2 messages a second of each channel
  --payload-bytes N      110, as JSON
  --history-count N      200
  --history-seconds N    86,400
  --cores N              ${HARDWARE.cores} of a machine
  --memory-gib N         ${HARDWARE.memoryBytes / 2 ** 30} of a machine
  --network-gbit N       ${HARDWARE.networkBitsPerSecond / 1e9} of a machine
  --redis-gib N          ${HARDWARE.redisMemoryBytes / 2 ** 30} of a shard
  --utilisation R        ${HARDWARE.utilisation} of cores and network
  --readers-per-process N  ${HARDWARE.readersPerProcess} at most
  --heartbeat-seconds N  ${HARDWARE.heartbeatSeconds}
  --retry-ms N           ${HARDWARE.retryMs}
  --drain-seconds N      ${HARDWARE.drainSeconds}
  --seed N               1

  --measure              measures what a channel costs into results/channels.json
  --write-docs           writes the tables of docs/operations.md anew
  --check-docs           fails if they are not what the results say
`;

const number = { type: 'string' } as const;
const flag = { type: 'boolean', default: false } as const;

/** @throws Error that says what is wrong */
export function readArguments(given: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...given],
    options: {
      ...{ readers: number, channels: number, rate: number, 'payload-bytes': number },
      ...{ 'history-count': number, 'history-seconds': number, cores: number },
      ...{ 'memory-gib': number, 'network-gbit': number, 'redis-gib': number },
      ...{ utilisation: number, 'readers-per-process': number, 'heartbeat-seconds': number },
      ...{ 'retry-ms': number, 'drain-seconds': number, seed: number },
      ...{ measure: flag, 'write-docs': flag, 'check-docs': flag },
    },
  });
  const read = (name: keyof typeof values, fallback: number, least: number, most = 1e12) => {
    const value = values[name] === undefined ? fallback : Number(values[name]);
    if (!(value >= least && value <= most)) {
      throw new Error(`--${name} is a number from ${least} to ${most}`);
    }
    return value;
  };
  const readers = read('readers', 1_000_000, 1);
  return {
    mode: modeOf(values),
    scenario: {
      name: 'as asked',
      readers,
      channels: read('channels', 10_000, 1, readers),
      perSecond: read('rate', 0.2, 0.000_001),
      payloadBytes: read('payload-bytes', 110, 1),
      historyCount: read('history-count', 200, 1),
      historySeconds: read('history-seconds', 86_400, 1),
    },
    hardware: {
      ...HARDWARE,
      cores: read('cores', HARDWARE.cores, 1),
      memoryBytes: read('memory-gib', HARDWARE.memoryBytes / 2 ** 30, 0.5) * 2 ** 30,
      networkBitsPerSecond: read('network-gbit', HARDWARE.networkBitsPerSecond / 1e9, 0.01) * 1e9,
      redisMemoryBytes: read('redis-gib', HARDWARE.redisMemoryBytes / 2 ** 30, 0.1) * 2 ** 30,
      utilisation: read('utilisation', HARDWARE.utilisation, 0.01, 0.95),
      readersPerProcess: read('readers-per-process', HARDWARE.readersPerProcess, 1),
      heartbeatSeconds: read('heartbeat-seconds', HARDWARE.heartbeatSeconds, 0.05),
      retryMs: read('retry-ms', HARDWARE.retryMs, 0),
      drainSeconds: read('drain-seconds', HARDWARE.drainSeconds, 0),
    },
    seed: read('seed', 1, 0),
  };
}

function modeOf(values: {
  measure: boolean;
  'write-docs': boolean;
  'check-docs': boolean;
}): Arguments['mode'] {
  if (values.measure) return 'measure';
  if (values['write-docs']) return 'write-docs';
  return values['check-docs'] ? 'check-docs' : 'plan';
}
