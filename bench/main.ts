import { readArguments, USAGE, type Arguments } from './arguments.js';
import { Bench } from './bench.js';
import { entryOf, type ContestantName } from './contestants.js';
import { measureFigures } from './figures/figures.js';
import { fullPlan, limitReaders, mostReaders, quickPlan, type Plan } from './plan.js';
import { affordableReaders } from './processes/descriptors.js';
import { readMachine, readVersions } from './report/environment.js';
import { isWhole, print, write } from './report/report.js';
import type { Results } from './report/results.js';
import { judge } from './targets.js';

try {
  await run(parse(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(
    `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exitCode = 1;
}

function parse(given: readonly string[]): Arguments {
  try {
    return readArguments(given);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exit(1);
  }
}

async function run(given: Arguments): Promise<void> {
  const startMs = performance.now();
  const notes: string[] = [];
  const names = present(given.servers, notes);
  const plan = affordable(given.quick ? quickPlan(given.seconds) : fullPlan(given.seconds), notes);
  const bench = await Bench.start(plan, names);
  try {
    const figures = await measureFigures(bench, given.only);
    const results: Results = {
      date: new Date().toISOString(),
      machine: readMachine(),
      versions: readVersions(),
      command: ['npm run bench', ...process.argv.slice(2)].join(' '),
      tookSeconds: Math.round((performance.now() - startMs) / 1000),
      notes,
      figures,
      targets: judge(figures),
    };
    print(results);
    await write(results, { ...given, isWhole: isWhole(given) });
  } finally {
    await bench.stop();
  }
}

function present(asked: readonly ContestantName[], notes: string[]): ContestantName[] {
  return asked.filter((name) => {
    const { missing } = entryOf(name);
    if (missing !== undefined) notes.push(`${name} is left out: ${missing}`);
    return missing === undefined;
  });
}

function affordable(plan: Plan, notes: string[]): Plan {
  const wanted = mostReaders(plan);
  const most = affordableReaders(wanted);
  if (most === wanted) return plan;
  notes.push(`no more than ${most} readers: the limit of open files allows no more`);
  return limitReaders(plan, most);
}
