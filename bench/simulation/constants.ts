import type { Results } from '../report/results.js';
import type { ChannelFigures } from './channel-figures.js';

/** What the model knows of Birdsong: all of it measured. CPU is microseconds of one core of that machine. */
export interface Constants {
  /** Resident memory of a process for an idle reader. */
  readonly bytesPerReader: number;
  /** CPU until a reader is connected again and has what it missed. */
  readonly cpuUsPerReturn: number;
  /** CPU of the process that a message is sent to. */
  readonly cpuUsPerSend: number;
  /** CPU per delivery by messages per second and channel, the lowest rate first. */
  readonly deliveries: readonly { readonly perSecond: number; readonly cpuUs: number }[];
  readonly channels: ChannelFigures;
}

const SERVER = 'birdsong-redis';
const READERS = 1000;

/** @throws Error that names what the results lack */
export function readConstants({ figures }: Results, channels: ChannelFigures): Constants {
  const own = <Row extends { readonly server: string; readonly failed?: boolean }>(
    rows: readonly Row[] | undefined,
  ): Row[] => (rows ?? []).filter(({ server, failed }) => server === SERVER && failed !== true);
  const fanout = own(figures.fanout).filter(({ note }) => note === undefined);
  const deliveries = fanout
    .filter(({ readers }) => readers === READERS)
    .map(({ perSecond, cpuUsPerDelivery }) => ({
      perSecond,
      cpuUs: require(`CPU per delivery at ${perSecond} messages/s`, cpuUsPerDelivery),
    }))
    .sort((one, other) => one.perSecond - other.perSecond);
  if (deliveries.length < 2) throw missing(`fanout of ${READERS} readers at two rates at least`);
  const send = own(figures.send).find(({ route }) => route === 'single');
  const cpuUsPerConnect =
    require('CPU per connect', own(figures.connect)[0]?.cpuMsPerConnect) * 1000;
  const cpuUsPerResume =
    require('CPU per reader that resumes', own(figures.resume)[0]?.cpuMsPerReader) * 1000;
  return {
    bytesPerReader: require('memory per reader', own(figures.memory)[0]?.residentBytesPerReader),
    cpuUsPerReturn: Math.max(cpuUsPerConnect, cpuUsPerResume),
    cpuUsPerSend: require('CPU per send', send?.cpuUsPerMessage),
    deliveries,
    channels: requireAll(channels),
  };
}

/** CPU per delivery at a rate between those measured; below and beyond them, as at the nearest. */
export function deliveryCpuUs({ deliveries }: Constants, perSecond: number): number {
  const above = deliveries.findIndex((point) => point.perSecond >= perSecond);
  const [low, high] = [deliveries[above - 1], deliveries.at(above)];
  if (!low || !high) return (high ?? deliveries.at(-1))?.cpuUs ?? Number.NaN;
  // The curve is about straight where both axes are logarithmic.
  const share = Math.log(perSecond / low.perSecond) / Math.log(high.perSecond / low.perSecond);
  return low.cpuUs * (high.cpuUs / low.cpuUs) ** share;
}

function requireAll(channels: ChannelFigures): ChannelFigures {
  for (const name of [
    'publishedBytes',
    'redisBytesPerMessage',
    'redisBytesPerChannel',
    'redisBytesPerSubscription',
    'redisCpuUsPerMessage',
    'redisCpuUsPerSubscriber',
    'nodeBytesPerChannel',
    'nodeCpuUsPerReceipt',
  ] as const) {
    const value: unknown = channels[name];
    if (!isMeasured(value)) {
      throw new Error(`channels.json lacks ${name}: npm run simulate -- --measure`);
    }
  }
  return channels;
}

function require(what: string, value: number | undefined): number {
  if (!isMeasured(value)) throw missing(what);
  return value;
}

const isMeasured = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value > 0;

const missing = (what: string): Error =>
  new Error(`latest.json lacks ${what}, of ${SERVER}: npm run bench`);
