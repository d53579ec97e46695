import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Arguments } from '../arguments.js';
import { isUsual } from '../contestants.js';
import type { TargetOutcome } from '../targets.js';
import { drawCharts } from './charts.js';
import { FIGURE_NAMES } from '../figures/measured.js';
import { type Results } from './results.js';
import { cell, formatTable } from './table.js';
import { formatFigures } from './tables.js';

/** From `build/bench/bench/report/`, where this runs. */
const RESULTS = fileURLToPath(new URL('../../../../bench/results', import.meta.url));

/** Whether a run measures everything at full length. */
export function isWhole({ only, servers, quick }: Arguments): boolean {
  return only.length === FIGURE_NAMES.length && isUsual(servers) && !quick;
}

export function print(results: Results): void {
  const { machine, versions, date, tookSeconds } = results;
  const gigabytes = Math.round(machine.memoryBytes / 1024 ** 3);
  const lines = [
    `${machine.cpu}, ${machine.cores} cores, ${gigabytes} GB, Linux ${machine.kernel}`,
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version ?? '-'}`)
      .join(', '),
    `${date}, took ${tookSeconds} s`,
    ...results.notes.map((note) => `Note: ${note}`),
    '',
    formatFigures(results.figures),
    '',
    formatTargets(results.targets),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Writes `latest.json` and the charts. */
export async function write(
  results: Results,
  { out, isWhole }: { out?: string; isWhole: boolean },
): Promise<void> {
  // A partial run must not replace the results of a whole one.
  const folder = out ?? (isWhole ? RESULTS : join(RESULTS, 'partial'));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'latest.json'), `${JSON.stringify(results, undefined, 2)}\n`);
  for (const [name, svg] of drawCharts(results.figures)) {
    await writeFile(join(folder, name), `${svg}\n`);
  }
  process.stdout.write(`\nWritten to ${relative(process.cwd(), folder)}\n`);
}

function formatTargets(targets: readonly TargetOutcome[]): string {
  const measured = targets.filter(({ passed }) => passed !== undefined);
  const passed = measured.filter((target) => target.passed === true).length;
  const rows = measured.map(({ id, comparison, limit, value, passed, text, note }) => [
    id,
    `${comparison} ${cell(limit, limit < 10 ? 2 : 0)}`,
    cell(value, (value ?? 0) < 100 ? 2 : 0),
    passed === true ? 'pass' : 'MISSED',
    note === undefined ? text : `${text} (${note})`,
  ]);
  const summary = `${passed} passed, ${measured.length - passed} missed, ${targets.length - measured.length} not measured`;
  if (measured.length === 0) return `Targets: ${summary}`;
  return `Targets: ${summary}\n${formatTable(['target', 'limit', 'reached', '', 'what'], rows)}`;
}
