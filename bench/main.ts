import { readArguments, USAGE, type Arguments } from './arguments.js';
import { Bench } from './bench.js';
import { entryOf, isUsual, type ContestantName } from './contestants.js';
import { measureFigures } from './figures/figures.js';
import { fullPlan, limitReaders, maxReaders, quickPlan, type Plan } from './plan.js';
import { affordableReaders } from './processes/descriptors.js';
import { otherCores, readMachineUse } from './processes/machine-use.js';
import { readMachine, readVersions } from './report/environment.js';
import { isWhole, print, write } from './report/report.js';
import { FIGURE_NAMES, type Figures } from './figures/measured.js';
import { type Results } from './report/results.js';
import { judge } from './targets.js';

/** The cores that other work may keep busy on an idle machine. */
const QUIET_CORES = 0.1;

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
  const useBefore = readMachineUse();
  const notes: string[] = [];
  const names = present(given.servers, notes);
  const plan = affordable(given.quick ? quickPlan(given.seconds) : fullPlan(given.seconds), notes);
  const figures = await measure(plan, names, given);
  const tookSeconds = Math.round((performance.now() - startMs) / 1000);
  const otherWorkCores = otherCores(useBefore, readMachineUse(), tookSeconds);
  if (otherWorkCores > QUIET_CORES) {
    notes.push(
      `other work kept ${otherWorkCores.toFixed(2)} cores busy: do not trust these numbers`,
    );
  }
  const results: Results = {
    date: new Date().toISOString(),
    machine: readMachine(),
    versions: readVersions(),
    command: commandOf(given),
    ...{ tookSeconds, otherWorkCores, notes, figures },
    targets: judge(figures),
  };
  print(results);
  await write(results, { ...given, isWhole: isWhole(given) });
}

async function measure(
  plan: Plan,
  names: readonly ContestantName[],
  { only }: Arguments,
): Promise<Figures> {
  const bench = await Bench.start(plan, names);
  try {
    return await measureFigures(bench, only);
  } finally {
    await bench.stop();
  }
}

/** The command that repeats the measurement, without its output folder. */
function commandOf({ only, servers, quick, seconds }: Arguments): string {
  return [
    'npm run bench --',
    ...(only.length < FIGURE_NAMES.length ? [`--only ${only.join(',')}`] : []),
    ...(isUsual(servers) ? [] : [`--servers ${servers.join(',')}`]),
    ...(quick ? ['--quick'] : []),
    ...(seconds === undefined ? [] : [`--seconds ${seconds}`]),
  ]
    .join(' ')
    .replace(/ --$/, '');
}

function present(asked: readonly ContestantName[], notes: string[]): ContestantName[] {
  return asked.filter((name) => {
    const { missing } = entryOf(name);
    if (missing !== undefined) notes.push(`${name} is left out: ${missing}`);
    return missing === undefined;
  });
}

function affordable(plan: Plan, notes: string[]): Plan {
  const wanted = maxReaders(plan);
  const most = affordableReaders(wanted);
  if (most === wanted) return plan;
  notes.push(`no more than ${most} readers: the limit of open files allows no more`);
  return limitReaders(plan, most);
}
