import type { FanoutRow } from '../figures/fanout.js';
import type { Figures } from '../figures/measured.js';
import { cell, formatTable, RATIO_HEADER, ratioCells } from './table.js';

interface Measured {
  readonly server: string;
  readonly note?: string;
  readonly failed?: boolean;
}

/** A column: its title, and how to get its cell. */
type Column<Row> = readonly [title: string, text: (row: Row) => string];

/** All figures as text. */
export function formatFigures(figures: Figures): string {
  return [
    ...groupBy(figures.fanout, ({ readers, perSecond }) => `${readers}/${perSecond}`).map(
      fanoutTable,
    ),
    section(
      'Most deliveries per second',
      figures.saturation,
      ({ deliveriesPerSecond }) => deliveriesPerSecond,
      [
        ['deliveries/s', ({ deliveriesPerSecond }) => cell(deliveriesPerSecond, 0)],
        ['server busy', ({ serverBusy }) => cell(serverBusy, 2)],
        ['load busy', ({ loadBusy }) => cell(loadBusy, 2)],
      ],
    ),
    ...groupBy(figures.latency, ({ load }) => load).map((rows) =>
      section(
        `Latency, ${rows[0]?.load ?? ''}, ${rows[0]?.readers ?? 0} readers`,
        rows,
        ({ p99Ms }) => p99Ms,
        [
          ['msg/s', ({ perSecond }) => cell(perSecond, 0)],
          ['p50 ms', ({ p50Ms }) => cell(p50Ms, 2)],
          ['p99 ms', ({ p99Ms }) => cell(p99Ms, 2)],
          ['max ms', ({ maxMs }) => cell(maxMs, 2)],
        ],
      ),
    ),
    section('Memory per idle reader', figures.memory, (row) => row.residentBytesPerReader, [
      ['readers', ({ readers }) => cell(readers, 0)],
      ['RSS KB', (row) => cell(kilobytes(row.residentBytesPerReader), 1)],
    ]),
    section('CPU per connect', figures.connect, ({ cpuMsPerConnect }) => cpuMsPerConnect, [
      ['CPU ms', ({ cpuMsPerConnect }) => cell(cpuMsPerConnect, 3)],
      ['connects/s', ({ connectsPerSecond }) => cell(connectsPerSecond, 0)],
    ]),
    section(
      `One of ${cell(figures.stalled[0]?.readers, 0)} readers does not read`,
      figures.stalled,
      () => undefined,
      [
        ['msg/s', ({ perSecond }) => cell(perSecond, 0)],
        ['p99 ms, all read', ({ allRead }) => cell(allRead?.p99Ms, 2)],
        ['one does not', ({ oneStalled }) => cell(oneStalled?.p99Ms, 2)],
        ['÷', ({ p99Ratio }) => cell(p99Ratio, 2)],
        ['RSS growth KB', (row) => cell(kilobytes(row.residentGrowthBytes), 0)],
        ['published', ({ publishedCount }) => cell(publishedCount, 0)],
        ['kept for it', ({ keptCount }) => cell(keptCount, 0)],
      ],
    ),
    section('Resume after a disconnect of all', figures.resume, ({ seconds }) => seconds, [
      ['readers', ({ readers }) => cell(readers, 0)],
      ['behind', ({ behind }) => cell(behind, 0)],
      ['seconds', ({ seconds }) => cell(seconds, 2)],
      ['Redis commands', ({ redisCommands }) => cell(redisCommands, 0)],
      ['CPU ms/reader', ({ cpuMsPerReader }) => cell(cpuMsPerReader, 3)],
    ]),
    section('Sends over HTTP', figures.send, () => undefined, [
      ['route', ({ route }) => route],
      ['messages/s', ({ messagesPerSecond }) => cell(messagesPerSecond, 0)],
      ['CPU µs', ({ cpuUsPerMessage }) => cell(cpuUsPerMessage, 1)],
      ['Redis µs', ({ redisCpuUsPerMessage }) => cell(redisCpuUsPerMessage, 1)],
    ]),
  ]
    .filter((text) => text !== '')
    .join('\n\n');
}

function fanoutTable(rows: readonly FanoutRow[]): string {
  const { readers = 0, perSecond = 0 } = rows[0] ?? {};
  const title = `CPU per delivery, ${cell(readers, 0)} readers, ${cell(perSecond, 0)} messages/s`;
  return section(title, rows, ({ cpuUsPerDelivery }) => cpuUsPerDelivery, [
    ['µs', ({ cpuUsPerDelivery }) => cell(cpuUsPerDelivery, 2)],
    ['msg/s reached', ({ reachedPerSecond }) => cell(reachedPerSecond, 0)],
    ['Redis µs/msg', ({ redisCpuUsPerMessage }) => cell(redisCpuUsPerMessage, 1)],
  ]);
}

function section<Row extends Measured>(
  title: string,
  rows: readonly Row[],
  valueOf: (row: Row) => number | undefined,
  columns: readonly Column<Row>[],
): string {
  if (rows.length === 0) return '';
  const hasRatios = rows.some((row) => valueOf(row) !== undefined);
  const header = [
    ...['server', ...columns.map(([name]) => name)],
    ...(hasRatios ? RATIO_HEADER : []),
    'note',
  ];
  const lines = rows.map((row) => [
    ...[row.server, ...columns.map(([, text]) => text(row))],
    ...(hasRatios ? ratioCells(row, rows, valueOf) : []),
    `${row.failed === true ? 'FAILED: ' : ''}${row.note ?? ''}`,
  ]);
  return `${title}\n${formatTable(header, lines)}`;
}

function kilobytes(bytes: number | undefined): number | undefined {
  return bytes === undefined ? undefined : bytes / 1024;
}

function groupBy<Row>(rows: readonly Row[], keyOf: (row: Row) => string): Row[][] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), row]);
  return [...groups.values()];
}
