import type { Figures } from './figures/measured.js';

/** What Birdsong must reach, as a ratio within one run unless the text says otherwise. */
export interface Target {
  readonly id: string;
  readonly text: string;
  readonly comparison: '≤' | '≥';
  readonly limit: number;
}

export interface TargetOutcome extends Target {
  readonly value?: number;
  /** Absent if its inputs were not measured. */
  readonly passed?: boolean;
  /** A note on the numbers behind it. */
  readonly note?: string;
}

type Birdsong = 'birdsong-memory' | 'birdsong-redis';

interface Row {
  readonly server: string;
  readonly note?: string;
}

/** A row without a value is a failure, or a server that fell behind. A missing row was not measured. */
interface Measured {
  readonly value: number | undefined;
  readonly note?: string;
}

type Measure = (figures: Figures, birdsong: Birdsong) => Measured | undefined;
type Check = readonly [target: Target, measure: Measure];

const cpu = (rival: string, perSecond: number): Measure => {
  return ({ fanout }, name) =>
    compare(
      fanout.filter((row) => row.readers === 1000 && row.perSecond === perSecond),
      ...([name, rival] as const),
      ({ cpuUsPerDelivery }) => cpuUsPerDelivery,
    );
};

const most = (rival: string): Measure => {
  return ({ saturation }, name) =>
    compare(saturation, name, rival, ({ deliveriesPerSecond }) => deliveriesPerSecond);
};

const memory = (rival: string): Measure => {
  return (figures, name) =>
    compare(figures.memory, name, rival, (row) => row.residentBytesPerReader);
};

const quietP99: Measure = ({ latency }, name) =>
  compare(
    latency.filter(({ load }) => load === 'quiet'),
    ...([name, 'floor'] as const),
    ({ p99Ms }) => p99Ms,
  );

const p99AtHalf: Measure = ({ latency }, name) =>
  single(
    latency,
    (row) => row.server === name && row.load !== 'quiet',
    ({ p99Ms }) => p99Ms,
  );

/** The worst of all that can be compared: at the same rate, and at as many deliveries a second. */
const scaling: Measure = ({ fanout }, name) => {
  const kept = fanout.filter(
    ({ server, note, cpuUsPerDelivery }) =>
      server === name && note === undefined && cpuUsPerDelivery !== undefined,
  );
  const few = kept.filter(({ readers }) => readers === 1000);
  const ratios = kept
    .filter(({ readers }) => readers === 10_000)
    .flatMap((row) =>
      few
        .filter(({ perSecond }) => [row.perSecond, row.perSecond * 10].includes(perSecond))
        .map((other) => (row.cpuUsPerDelivery ?? 0) / (other.cpuUsPerDelivery ?? 0)),
    );
  return ratios.length > 0 ? { value: Math.max(...ratios) } : undefined;
};

const resume = (valueOf: (row: Figures['resume'][number]) => number | undefined): Measure => {
  return (figures, name) =>
    single(
      figures.resume,
      ({ server, readers, behind }) => server === name && readers >= 10_000 && behind >= 100,
      valueOf,
    );
};

const sendToEmpty: Measure = ({ send }, name) =>
  compare(
    send.filter(({ route }) => route === 'single'),
    ...([name, 'empty-nest-post'] as const),
    ({ messagesPerSecond }) => messagesPerSecond,
  );

const sendWithLimits: Measure = ({ send }, name) => {
  const cost = (route: string) =>
    send.find((row) => row.server === name && row.route === route)?.cpuUsPerMessage;
  const [without, limited] = [cost('single'), cost('limited')];
  return without === undefined || limited === undefined ? undefined : { value: limited / without };
};

/** The route is authorized like a stream that connects. */
const tokenUs: Measure = ({ send }, name) => {
  const cost = (route: string) =>
    send.find((row) => row.server === name && row.route === route)?.cpuUsPerMessage;
  const [anonymous, signed] = [cost('single'), cost('signed')];
  return anonymous === undefined || signed === undefined
    ? undefined
    : { value: signed - anonymous };
};

const sendBatch: Measure = ({ send }, name) =>
  single(
    send,
    ({ server, route }) => server === name && route === 'batch',
    ({ messagesPerSecond }) => messagesPerSecond,
  );

const stalled = (valueOf: (row: Figures['stalled'][number]) => number | undefined): Measure => {
  return (figures, name) => single(figures.stalled, ({ server }) => server === name, valueOf);
};

const stalledMebibytes = stalled(({ residentGrowthBytes: bytes }) =>
  bytes === undefined ? undefined : bytes / 1024 ** 2,
);

const FOR_BOTH: readonly Check[] = [
  [atMost('cpu-100-vs-floor', 1.15, 'CPU ÷ floor, 1,000 readers, 100 msg/s'), cpu('floor', 100)],
  [atMost('cpu-100-vs-nest', 0.4, 'CPU ÷ Nest, 1,000 readers, 100 msg/s'), cpu('nest-sse', 100)],
  [atMost('cpu-400-vs-nchan', 0.5, 'CPU ÷ nchan, 1,000 readers, 400 msg/s'), cpu('nchan', 400)],
  [atMost('cpu-2000-vs-nchan', 0.5, 'CPU ÷ nchan, 1,000 readers, 2,000 msg/s'), cpu('nchan', 2000)],
  [atLeast('most-vs-nest', 10, 'most deliveries/s ÷ Nest'), most('nest-sse')],
  [atLeast('most-vs-nchan', 3, 'most deliveries/s ÷ nchan'), most('nchan')],
  [atLeast('most-vs-better-sse', 5, 'most deliveries/s ÷ better-sse'), most('better-sse')],
  [atMost('p99-half', 50, 'p99 in ms at half of its most'), p99AtHalf],
  [atMost('p99-quiet-vs-floor', 1.2, 'p99 ÷ floor, 100 readers, 10 msg/s'), quietP99],
  [atMost('memory-vs-floor', 1.35, 'RSS per idle reader ÷ floor'), memory('floor')],
  [atMost('memory-vs-nest', 0.6, 'RSS per idle reader ÷ Nest'), memory('nest-sse')],
  [atMost('cpu-10000-vs-1000', 1.2, 'CPU, 10,000 readers ÷ 1,000, the worst'), scaling],
  [
    atMost('p99-stalled', 1.2, 'p99 with one reader that never reads ÷ without'),
    stalled(({ p99Ratio }) => p99Ratio),
  ],
  // The limit is 1 MiB; a publisher that was held up adds 0.2 s of the burst at once, and RSS is not exact.
  [atMost('memory-stalled', 8, 'MiB of RSS for it, of 16 published'), stalledMebibytes],
  [atMost('send-limits', 1.1, 'CPU of a send with limits ÷ without'), sendWithLimits],
  [atMost('token-cpu', 150, 'µs of CPU to authorize by a token, more than anonymous'), tokenUs],
  [atMost('resume-seconds', 10, 'seconds until all 10,000 have it'), resume((row) => row.seconds)],
];

const FOR_REDIS: readonly Check[] = [
  [atMost('resume-commands', 50, 'Redis commands for that'), resume((row) => row.redisCommands)],
  [atLeast('send-vs-empty', 0.7, 'sends/s ÷ an empty Nest POST route'), sendToEmpty],
  [atLeast('send-batch', 50_000, 'messages/s by the batch route'), sendBatch],
];

export function judge(figures: Figures): TargetOutcome[] {
  return [
    ...FOR_BOTH.map((check) => outcome(check, figures, 'birdsong-memory')),
    ...[...FOR_BOTH, ...FOR_REDIS].map((check) => outcome(check, figures, 'birdsong-redis')),
  ];
}

function outcome([target, measure]: Check, figures: Figures, name: Birdsong): TargetOutcome {
  const named = { ...target, id: `${name}/${target.id}` };
  const measured = measure(figures, name);
  if (!measured) return named;
  const { value, note } = measured;
  const isWithin = (reached: number): boolean =>
    target.comparison === '≤' ? reached <= target.limit : reached >= target.limit;
  return {
    ...named,
    ...(value !== undefined && { value }),
    passed: value !== undefined && isWithin(value),
    ...(note !== undefined && { note }),
  };
}

/** One server's value divided by another's. */
function compare<R extends Row>(
  rows: readonly R[],
  name: string,
  rivalName: string,
  valueOf: (row: R) => number | undefined,
): Measured | undefined {
  const own = rows.find(({ server }) => server === name);
  const rival = rows.find(({ server }) => server === rivalName);
  if (!own || !rival) return undefined;
  const value = valueOf(own);
  const rivalValue = valueOf(rival);
  if (rivalValue === undefined) return undefined;
  const notes = [own, rival].flatMap(({ server, note }) =>
    note === undefined ? [] : [`${server}: ${note}`],
  );
  return {
    value: value === undefined ? undefined : value / rivalValue,
    ...(notes.length > 0 && { note: notes.join('; ') }),
  };
}

function single<R extends Row>(
  rows: readonly R[],
  isMeant: (row: R) => boolean,
  valueOf: (row: R) => number | undefined,
): Measured | undefined {
  const row = rows.find(isMeant);
  return row && { value: valueOf(row), ...(row.note !== undefined && { note: row.note }) };
}

function atMost(id: string, limit: number, text: string): Target {
  return { id, text, comparison: '≤', limit };
}

function atLeast(id: string, limit: number, text: string): Target {
  return { id, text, comparison: '≥', limit };
}
