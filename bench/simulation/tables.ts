import { deliveryCpuUs, type Constants } from './constants.js';
import type { Plan } from './plan.js';
import type { Scenario } from './scenario.js';
import type { StormOutcome } from './storm.js';
import type { Storms } from './storms.js';
import { eventBytes, wireBytes } from './wire.js';

export interface Planned {
  readonly scenario: Scenario;
  readonly plan: Plan;
  readonly storms: Storms;
}

type Row = readonly [title: string, cell: (planned: Planned) => string];

const ROWS: readonly Row[] = [
  ['readers', ({ scenario }) => whole(scenario.readers)],
  ['channels', ({ scenario }) => whole(scenario.channels)],
  ['messages/s of a channel', ({ scenario }) => short(scenario.perSecond)],
  ['messages/s sent', ({ plan }) => whole(plan.messagesPerSecond)],
  ['deliveries/s', ({ plan }) => whole(plan.deliveriesPerSecond)],
  ['heartbeats/s', ({ plan }) => whole(plan.heartbeatsPerSecond)],
  ['**processes**, a core each', ({ plan }) => whole(plan.processes)],
  ['**machines**', ({ plan }) => `${whole(plan.machines)} (${plan.machinesLimit})`],
  ['readers per process', ({ scenario, plan }) => whole(scenario.readers / plan.processes)],
  ['of its core busy', ({ plan }) => percent(plan.processBusy)],
  ['memory per machine', ({ plan }) => gigabytes(plan.memoryBytes / plan.machines)],
  ['egress, all', ({ plan }) => gigabits(plan.egressBitsPerSecond)],
  ['egress per machine', ({ plan }) => gigabits(plan.egressBitsPerSecond / plan.machines)],
  ['processes that read a channel', ({ plan }) => short(plan.processesPerChannel)],
  ['**Redis shards**', ({ plan }) => `${whole(plan.redis.shards)} (${plan.redis.shardsLimit})`],
  ['pub/sub sends/s, all shards', ({ plan }) => whole(plan.redis.sendsPerSecond)],
  ['Redis memory, all shards', ({ plan }) => gigabytes(plan.redis.memoryBytes)],
  ['Redis egress, all shards', ({ plan }) => gigabits(plan.redis.egressBitsPerSecond)],
  ['connections of a shard', ({ plan }) => whole(plan.redis.connectionsPerShard)],
  ['one channel, of its shard’s core', ({ plan }) => percent(plan.redis.channelBusy)],
  ['a machine drains: most/s at a process', ({ storms }) => whole(storms.drain.maxPerSecond)],
  ['… away, p50 / p99', ({ storms }) => away(storms.drain)],
  ['a machine dies: away, p50 / p99', ({ storms }) => away(storms.crash)],
  ['all connections break: away, p50 / p99', ({ storms }) => away(storms.everybody)],
  ['… found the queue full', ({ storms }) => percent(storms.everybody.refusedShare)],
];

/** A column for each scenario. */
export function formatPlans(planned: readonly Planned[]): string {
  return markdown(
    ['', ...planned.map(({ scenario }) => scenario.name)],
    ROWS.map(([title, cell]) => [title, ...planned.map((one) => cell(one))]),
  );
}

/** What the plans come from. */
export function formatConstants(constants: Constants): string {
  const { channels } = constants;
  const us = (value: number): string => `${short(value)} µs`;
  const bytes = (value: number): string => `${whole(value)} bytes`;
  return markdown(
    ['measured', '', 'from'],
    [
      ['memory of a process per idle reader', bytes(constants.bytesPerReader), '`memory`'],
      ...constants.deliveries.map(({ perSecond, cpuUs }) => [
        `CPU per delivery at ${whole(perSecond)} messages/s of a channel`,
        us(cpuUs),
        '`fanout`',
      ]),
      ['CPU of a process per message that it receives', us(channels.nodeCpuUsPerReceipt), 'C'],
      ['CPU per send over HTTP', us(constants.cpuUsPerSend), '`send`'],
      ['CPU per reader that comes back', us(constants.cpuUsPerReturn), '`connect`, `resume`'],
      [
        'memory of a process per channel that is read there',
        bytes(channels.nodeBytesPerChannel),
        'C',
      ],
      ['Redis CPU per message', us(channels.redisCpuUsPerMessage), 'C'],
      ['… for each process that reads the channel', us(channels.redisCpuUsPerSubscriber), 'C'],
      [
        `Redis memory per message of ${whole(channels.payloadBytes)} bytes`,
        bytes(channels.redisBytesPerMessage),
        'C',
      ],
      ['… per channel', bytes(channels.redisBytesPerChannel), 'C'],
      ['… per channel and process that reads it', bytes(channels.redisBytesPerSubscription), 'C'],
      ['commands in Redis per message', whole(commandCount(constants)), 'C'],
      [
        `on the wire per delivery of ${whole(channels.payloadBytes)} bytes, alone in its segment`,
        bytes(wireBytes(eventBytes(channels.payloadBytes))),
        'protocol',
      ],
    ],
  );
}

/** The formulas with numbers in them. */
export function formatSizing(constants: Constants): string {
  const idleUs = deliveryCpuUs(constants, 0) / 15;
  const busyUs = deliveryCpuUs(constants, 20);
  const { channels } = constants;
  return markdown(
    ['half a core', 'formula', ''],
    [
      [
        'idle readers, by heartbeats alone',
        '0.5 s ÷ (CPU per delivery ÷ 15)',
        whole(500_000 / idleUs),
      ],
      [
        'deliveries/s, at 20 messages/s of a channel',
        '0.5 s ÷ CPU per delivery',
        whole(500_000 / busyUs),
      ],
      ['sends/s over HTTP', '0.5 s ÷ CPU per send', whole(500_000 / constants.cpuUsPerSend)],
      [
        'readers that come back in a second',
        '0.5 s ÷ CPU per reader',
        whole(500_000 / constants.cpuUsPerReturn),
      ],
      [
        'Redis: messages/s of channels that 2 processes read',
        '0.5 s ÷ (CPU per message + 2 × per process)',
        whole(500_000 / (channels.redisCpuUsPerMessage + 2 * channels.redisCpuUsPerSubscriber)),
      ],
      [
        'Redis: messages/s of one channel that 1,000 processes read',
        '0.5 s ÷ (CPU per message + 1,000 × per process)',
        whole(500_000 / (channels.redisCpuUsPerMessage + 1000 * channels.redisCpuUsPerSubscriber)),
      ],
    ],
  );
}

const commandCount = ({ channels }: Constants): number =>
  Object.values(channels.commandsPerMessage).reduce((sum, count) => sum + count, 0);

function markdown(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = header.map((_, column) => (column === 0 ? '---' : '--:'));
  return [header, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const away = ({ p50Ms, p99Ms }: StormOutcome): string =>
  `${(p50Ms / 1000).toFixed(1)} / ${(p99Ms / 1000).toFixed(1)} s`;
const whole = (value: number): string => Math.round(value).toLocaleString('en');
const short = (value: number): string =>
  value.toLocaleString('en', { maximumSignificantDigits: value < 100 ? 2 : 3 });
const percent = (value: number): string => `${(value * 100).toFixed(value < 0.01 ? 2 : 0)} %`;
const gigabytes = (bytes: number): string => `${short(bytes / 1e9)} GB`;
const gigabits = (bits: number): string => `${short(bits / 1e9)} Gbit/s`;
