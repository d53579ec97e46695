import { deliveryCpuUs, type Constants } from './constants.js';
import type { Hardware, Scenario } from './scenario.js';
import { eventBytes, wireBytes } from './wire.js';

/** How many are needed, for one reason. */
export interface Need {
  readonly reason: string;
  readonly count: number;
}

export interface Plan {
  readonly messagesPerSecond: number;
  readonly deliveriesPerSecond: number;
  readonly heartbeatsPerSecond: number;
  readonly processes: number;
  /** One more than are needed. */
  readonly machines: number;
  /** The reason that requires the most. */
  readonly machinesLimit: string;
  /** Of all cores of a process, at this load. */
  readonly processBusy: number;
  readonly memoryBytes: number;
  readonly egressBitsPerSecond: number;
  /** In how many processes a channel is read, on average. */
  readonly processesPerChannel: number;
  readonly redis: RedisPlan;
}

export interface RedisPlan {
  readonly sendsPerSecond: number;
  readonly memoryBytes: number;
  readonly egressBitsPerSecond: number;
  readonly shards: number;
  readonly shardsLimit: string;
  readonly connectionsPerShard: number;
  /** Of one core of its shard, what the busiest channel takes: no more shards can share it. */
  readonly channelBusy: number;
}

/** @throws Error that says which channel is too much for a process or a shard, however many there are */
export function makePlan(scenario: Scenario, constants: Constants, hardware: Hardware): Plan {
  const { readers, channels, perSecond } = scenario;
  const { utilisation } = hardware;
  const messagesPerSecond = channels * perSecond;
  const deliveriesPerSecond = readers * perSecond;
  // A message that comes in time spares the heartbeat; messages come at random.
  const isSilent = Math.exp(-perSecond * hardware.heartbeatSeconds);
  const heartbeatsPerSecond = (readers / hardware.heartbeatSeconds) * isSilent;
  const fixedUs =
    deliveriesPerSecond * deliveryCpuUs(constants, perSecond) +
    heartbeatsPerSecond * deliveryCpuUs(constants, 0) +
    messagesPerSecond * constants.cpuUsPerSend;
  const cores = (processes: number): number =>
    (fixedUs +
      messagesPerSecond * readIn(processes, scenario) * constants.channels.nodeCpuUsPerReceipt) /
    1e6;
  const egressBitsPerSecond =
    8 *
    (deliveriesPerSecond * wireBytes(eventBytes(scenario.payloadBytes)) +
      heartbeatsPerSecond * wireBytes(HEARTBEAT_BYTES));
  const memoryIn = (processes: number): number =>
    readers * (constants.bytesPerReader + hardware.kernelBytesPerReader) +
    channels * readIn(processes, scenario) * constants.channels.nodeBytesPerChannel +
    processes * hardware.processBytes;
  const least = findProcesses(scenario, hardware, cores);
  const needed = most([
    { reason: least.reason, count: least.count / hardware.cores },
    { reason: 'memory', count: memoryIn(least.count) / (hardware.memoryBytes * MEMORY_SHARE) },
    {
      reason: 'network',
      count: egressBitsPerSecond / (hardware.networkBitsPerSecond * utilisation),
    },
  ]);
  // One more, so that one may be down.
  const machines = needed.count + 1;
  const processes = machines * Math.ceil(least.count / needed.count);
  const processesPerChannel = readIn(processes, scenario);
  return {
    ...{ messagesPerSecond, deliveriesPerSecond, heartbeatsPerSecond, processes },
    ...{ machines, machinesLimit: needed.reason, egressBitsPerSecond, processesPerChannel },
    memoryBytes: memoryIn(processes),
    processBusy: cores(processes) / processes,
    redis: planRedis(scenario, constants, hardware, { processes, processesPerChannel }),
  };
}

const HEARTBEAT_BYTES = 3;
/** A machine that swaps is worse than one that is busy, and memory does not come in bursts. */
const MEMORY_SHARE = 0.75;

/** In how many of these processes a channel has readers, if the balancer spreads them at random. */
function readIn(processes: number, { readers, channels }: Scenario): number {
  return processes === 1
    ? 1
    : -processes * Math.expm1((readers / channels) * Math.log1p(-1 / processes));
}

/** More processes mean that more of them receive each message, so the number is found by iteration. */
function findProcesses(
  { name, readers, perSecond }: Scenario,
  { utilisation, readersPerProcess }: Hardware,
  cores: (processes: number) => number,
): Need {
  let found = { reason: 'connections', count: Math.ceil(readers / readersPerProcess) };
  for (let round = 0; round < 1000; round += 1) {
    const count = Math.ceil(cores(found.count) / utilisation);
    if (count <= found.count) return found;
    found = { reason: 'CPU', count };
  }
  throw new Error(`${name}: ${perSecond} messages/s of a channel are more than a process can take`);
}

function planRedis(
  { name, channels, perSecond, payloadBytes, historyCount, historySeconds }: Scenario,
  { channels: measured }: Constants,
  { utilisation, redisMemoryBytes, networkBitsPerSecond }: Hardware,
  { processes, processesPerChannel }: Pick<Plan, 'processes' | 'processesPerChannel'>,
): RedisPlan {
  const extraBytes = payloadBytes - measured.payloadBytes;
  const channelCores =
    (perSecond *
      (measured.redisCpuUsPerMessage + processesPerChannel * measured.redisCpuUsPerSubscriber)) /
    1e6;
  if (channelCores > utilisation) {
    throw new Error(
      `${name}: one channel of ${perSecond} messages/s, read in ${Math.round(processesPerChannel)} ` +
        `processes, is more than a shard can take`,
    );
  }
  const sendsPerSecond = channels * perSecond * processesPerChannel;
  const kept = Math.min(historyCount, perSecond * historySeconds);
  const memoryBytes =
    channels *
    (measured.redisBytesPerChannel +
      kept * (measured.redisBytesPerMessage + extraBytes) +
      processesPerChannel * measured.redisBytesPerSubscription);
  const egressBitsPerSecond = 8 * sendsPerSecond * wireBytes(measured.publishedBytes + extraBytes);
  const { count: shards, reason: shardsLimit } = most([
    { reason: 'CPU', count: (channels * channelCores) / utilisation },
    { reason: 'memory', count: memoryBytes / (redisMemoryBytes * MEMORY_SHARE) },
    { reason: 'network', count: egressBitsPerSecond / (networkBitsPerSecond * utilisation) },
  ]);
  return {
    ...{ sendsPerSecond, memoryBytes, egressBitsPerSecond, shards, shardsLimit },
    // Each process has one for commands and one that is subscribed.
    connectionsPerShard: processes * 2,
    channelBusy: channelCores,
  };
}

/** The largest need, rounded up. */
function most(needs: readonly Need[]): Need {
  const largest = needs.reduce((one, other) => (other.count > one.count ? other : one));
  return { ...largest, count: Math.max(1, Math.ceil(largest.count)) };
}
