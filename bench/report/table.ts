import { RIVALS } from '../contestants.js';

/** Formats columns as wide as their widest cell, the first aligned left, the others right. */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    widths
      .map((width, column) => {
        const cell = cells[column] ?? '';
        const isText = column === 0 || column === widths.length - 1;
        return isText ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [line(header), rule, ...rows.map(line)].join('\n');
}

export const RATIO_HEADER = RIVALS.map((rival) => `÷ ${rival}`);

/** A server's value divided by that of each rival. */
export function ratioCells<Row extends { readonly server: string }>(
  row: Row,
  peers: readonly Row[],
  valueOf: (row: Row) => number | undefined,
): string[] {
  return RIVALS.map((name) => {
    const rival = peers.find(({ server }) => server === name);
    const value = valueOf(row);
    const other = rival && valueOf(rival);
    return value === undefined || other === undefined ? '' : (value / other).toFixed(2);
  });
}

export function cell(value: number | undefined, digits: number): string {
  if (value === undefined) return '';
  return value.toLocaleString('en', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}
