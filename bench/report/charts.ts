import { CONTESTANT_NAMES, entryOf, type ContestantName } from '../contestants.js';
import type { Figures } from '../figures/measured.js';
import type { FanoutRow } from '../figures/fanout.js';
import { renderBars, renderLines, type Bar, type Lines, type Point } from './draw.js';

/** The charts of a run by file name, for the figures that it has. */
export function drawCharts(figures: Figures): Map<string, string> {
  const charts = new Map<string, string>();
  const lines = cpuLines(figures.fanout);
  if (lines.series.length > 0) {
    charts.set('cpu-per-delivery.svg', renderLines(lines));
  }
  const most = toBars(figures.saturation, ({ deliveriesPerSecond }) => deliveriesPerSecond);
  if (most.length > 0) {
    charts.set(
      'most-deliveries.svg',
      renderBars('Most deliveries per second, 1,000 readers', most),
    );
  }
  const memory = toBars(figures.memory, ({ residentBytesPerReader: bytes }) =>
    bytes === undefined ? undefined : bytes / 1024,
  );
  if (memory.length > 0) {
    charts.set('memory-per-reader.svg', renderBars('RSS per idle reader, KB', memory));
  }
  return charts;
}

const CPU_READERS = 1000;

function cpuLines(rows: Figures['fanout']): Lines {
  const shown = rows.filter(
    ({ readers, cpuUsPerDelivery }) => readers === CPU_READERS && cpuUsPerDelivery !== undefined,
  );
  const rates = [...new Set(shown.map(({ perSecond }) => perSecond))];
  const names = CONTESTANT_NAMES.filter((name) => shown.some(({ server }) => server === name));
  return {
    title: 'Server CPU per delivery in µs, 1,000 readers',
    subtitle: 'hollow: could not keep up with the rate',
    axis: 'messages per second',
    categories: rates.map((rate) => rate.toLocaleString('en')),
    series: names.map((name) => ({
      name: entryOf(name).title,
      color: COLORS[name],
      points: rates.map((rate) =>
        toPoint(shown.find(({ server, perSecond }) => server === name && perSecond === rate)),
      ),
    })),
  };
}

function toPoint(row: FanoutRow | undefined): Point | undefined {
  if (row?.cpuUsPerDelivery === undefined) return undefined;
  return { value: row.cpuUsPerDelivery, isDoubtful: row.note !== undefined };
}

function toBars<Row extends { readonly server: ContestantName }>(
  rows: readonly Row[],
  valueOf: (row: Row) => number | undefined,
): Bar[] {
  return CONTESTANT_NAMES.flatMap((name) => {
    const row = rows.find(({ server }) => server === name);
    const value = row && valueOf(row);
    return value === undefined ? [] : [{ name: entryOf(name).title, color: COLORS[name], value }];
  });
}

const COLORS: Readonly<Record<ContestantName, string>> = {
  'birdsong-memory': '#0b6e4f',
  'birdsong-redis': '#3fb984',
  'birdsong-observe': '#8e6bb8',
  'birdsong-stream': '#6a4ca3',
  'before-memory': '#a3b8ae',
  'before-redis': '#bcd3c8',
  'before-observe': '#c9bdd9',
  'nest-sse': '#c0392b',
  'better-sse': '#e08e0b',
  floor: '#6b7280',
  nchan: '#2c6fbb',
};
