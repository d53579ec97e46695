import type { Figures } from './report/results.js';

/** What Birdsong must reach, as a ratio within one run unless the unit says otherwise. */
export interface Target {
  readonly id: string;
  readonly text: string;
  readonly comparison: '≤' | '≥';
  readonly limit: number;
}

export interface TargetOutcome extends Target {
  /** Absent where what it needs was not measured. */
  readonly value?: number;
  readonly passed?: boolean;
}

type Birdsong = 'birdsong-memory' | 'birdsong-redis';
type Measure = (figures: Figures, birdsong: Birdsong) => number | undefined;
type Check = readonly [Target, Measure];

const EACH: readonly Birdsong[] = ['birdsong-memory', 'birdsong-redis'];
const REDIS: readonly Birdsong[] = ['birdsong-redis'];

const FOR_EACH: readonly Check[] = [
  [
    atMost('cpu-100-vs-floor', 1.15, 'CPU per delivery ÷ floor, 1,000 readers, 100 msg/s'),
    cpu(100, 'floor'),
  ],
  [
    atMost('cpu-100-vs-nest', 0.4, 'CPU per delivery ÷ Nest, 1,000 readers, 100 msg/s'),
    cpu(100, 'nest-sse'),
  ],
  [
    atMost('cpu-400-vs-nchan', 0.5, 'CPU per delivery ÷ nchan, 1,000 readers, 400 msg/s'),
    cpu(400, 'nchan'),
  ],
  [atLeast('most-vs-nest', 10, 'most deliveries/s ÷ Nest'), most('nest-sse')],
  [atLeast('most-vs-nchan', 3, 'most deliveries/s ÷ nchan'), most('nchan')],
  [atLeast('most-vs-better-sse', 5, 'most deliveries/s ÷ better-sse'), most('better-sse')],
  [
    atMost('p99-half', 50, 'p99 in ms at half of its most'),
    ({ latency }, name) => p99(latency, 'half of its most', name),
  ],
  [
    atMost('p99-quiet-vs-floor', 1.2, 'p99 ÷ floor, 100 readers, 10 msg/s'),
    ({ latency }, name) => ratio(p99(latency, 'quiet', name), p99(latency, 'quiet', 'floor')),
  ],
  [atMost('memory-vs-floor', 1.35, 'RSS per idle reader ÷ floor'), memory('floor')],
  [atMost('memory-vs-nest', 0.6, 'RSS per idle reader ÷ Nest'), memory('nest-sse')],
  [
    atMost('cpu-10000-vs-1000', 1.2, 'CPU per delivery, 10,000 readers ÷ 1,000, same rate'),
    scaling,
  ],
  [
    atMost('resume-seconds', 10, 'seconds until all have what they missed'),
    ({ resume }, name) => resume.find(({ server }) => server === name)?.seconds,
  ],
];

const WITH_REDIS: readonly Check[] = [
  [
    atMost('resume-commands', 50, 'Redis commands of a resume of all'),
    ({ resume }, name) => resume.find(({ server }) => server === name)?.redisCommands,
  ],
  [
    atLeast('send-vs-empty', 0.7, 'sends/s ÷ an empty Nest POST route'),
    ({ send }, name) =>
      ratio(sends(send, name, 'single'), sends(send, 'empty-nest-post', 'single')),
  ],
  [
    atLeast('send-batch', 50_000, 'messages/s by the batch route'),
    ({ send }, name) => sends(send, name, 'batch'),
  ],
];

export function judge(figures: Figures): TargetOutcome[] {
  return [
    ...EACH.flatMap((name) => FOR_EACH.map((check) => outcome(check, figures, name))),
    ...REDIS.flatMap((name) => WITH_REDIS.map((check) => outcome(check, figures, name))),
  ];
}

function outcome([target, measure]: Check, figures: Figures, name: Birdsong): TargetOutcome {
  const value = measure(figures, name);
  const named = { ...target, id: `${name}/${target.id}` };
  if (value === undefined) return named;
  const passed = target.comparison === '≤' ? value <= target.limit : value >= target.limit;
  return { ...named, value, passed };
}

function cpu(perSecond: number, rival: string): Measure {
  return ({ fanout }, name) =>
    ratio(cpuOf(fanout, name, 1000, perSecond), cpuOf(fanout, rival, 1000, perSecond));
}

/** The worst over all rates that were measured with both numbers of readers. */
function scaling({ fanout }: Figures, name: Birdsong): number | undefined {
  const ratios = fanout
    .filter(({ server, readers }) => server === name && readers === 10_000)
    .map(({ perSecond, cpuUsPerDelivery }) =>
      ratio(cpuUsPerDelivery, cpuOf(fanout, name, 1000, perSecond)),
    )
    .filter((value) => value !== undefined);
  return ratios.length > 0 ? Math.max(...ratios) : undefined;
}

function most(rival: string): Measure {
  return ({ saturation }, name) => ratio(mostOf(saturation, name), mostOf(saturation, rival));
}

function memory(rival: string): Measure {
  return (figures, name) => ratio(memoryOf(figures.memory, name), memoryOf(figures.memory, rival));
}

function cpuOf(
  rows: Figures['fanout'],
  name: string,
  readers: number,
  perSecond: number,
): number | undefined {
  return rows.find(
    (row) => row.server === name && row.readers === readers && row.perSecond === perSecond,
  )?.cpuUsPerDelivery;
}

function mostOf(rows: Figures['saturation'], name: string): number | undefined {
  return rows.find(({ server }) => server === name)?.deliveriesPerSecond;
}

function memoryOf(rows: Figures['memory'], name: string): number | undefined {
  return rows.find(({ server }) => server === name)?.residentBytesPerReader;
}

function p99(rows: Figures['latency'], load: string, name: string): number | undefined {
  return rows.find((row) => row.server === name && row.load === load)?.p99Ms;
}

function sends(rows: Figures['send'], name: string, route: string): number | undefined {
  return rows.find((row) => row.server === name && row.route === route)?.messagesPerSecond;
}

function ratio(value: number | undefined, other: number | undefined): number | undefined {
  return value === undefined || other === undefined ? undefined : value / other;
}

function atMost(id: string, limit: number, text: string): Target {
  return { id, text, comparison: '≤', limit };
}

function atLeast(id: string, limit: number, text: string): Target {
  return { id, text, comparison: '≥', limit };
}
