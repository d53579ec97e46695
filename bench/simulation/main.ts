// npm run simulate: how many machines and shards so many readers need, by what the benchmark measured.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Results } from '../report/results.js';
import { readArguments, USAGE, type Arguments } from './arguments.js';
import type { ChannelFigures } from './channel-figures.js';
import { readConstants, type Constants } from './constants.js';
import { renderDocs } from './docs.js';
import { measureChannels } from './measure-channels.js';
import { makePlan } from './plan.js';
import { simulateStorms } from './storms.js';
import { formatPlans } from './tables.js';

/** From `build/bench/bench/simulation/`, where this runs. */
const path = (relative: string) =>
  fileURLToPath(new URL(`../../../../${relative}`, import.meta.url));
const RESULTS = path('bench/results/latest.json');
const CHANNELS = path('bench/results/channels.json');
const DOCS = path('docs/operations.md');

try {
  await run(readArguments(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exitCode = 1;
}

async function run({ mode, scenario, hardware, seed }: Arguments): Promise<void> {
  if (mode === 'measure') {
    await writeFile(CHANNELS, `${JSON.stringify(await measureChannels(), undefined, 2)}\n`);
    return;
  }
  const constants = await load();
  if (mode === 'plan') {
    const plan = makePlan(scenario, constants, hardware);
    const storms = simulateStorms(scenario, plan, constants, hardware, seed);
    process.stdout.write(`${formatPlans([{ scenario, plan, storms }])}\n`);
    return;
  }
  const docs = await readFile(DOCS, 'utf8');
  const rendered = await renderDocs(docs, constants, DOCS);
  if (mode === 'write-docs') {
    await writeFile(DOCS, rendered);
  } else if (docs !== rendered) {
    throw new Error('docs/operations.md does not say what was measured: --write-docs');
  }
}

async function load(): Promise<Constants> {
  const read = async (file: string) => JSON.parse(await readFile(file, 'utf8')) as unknown;
  return readConstants((await read(RESULTS)) as Results, (await read(CHANNELS)) as ChannelFigures);
}
