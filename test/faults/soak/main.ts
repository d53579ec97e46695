import { readArguments, USAGE, type Arguments } from './arguments.js';
import { failuresOf, report } from './report.js';
import { soak, type Round } from './soak.js';

/** A longer record would not fit in one process, and failures are reported sooner. */
const ROUND_SECONDS = 60;
const VIOLATIONS_SHOWN = 50;

const print = (line: string): void => void process.stdout.write(line);

function parse(given: readonly string[]): Arguments {
  try {
    return readArguments(given);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exit(1);
  }
}

async function run({ seconds, seed, engine }: Arguments): Promise<void> {
  const rounds: Round[] = [];
  let left = seconds;
  for (let next = seed; left > 0 && process.exitCode === undefined; next++) {
    const roundSeconds = Math.min(left, ROUND_SECONDS);
    const again = `npm run soak -- --seconds ${roundSeconds} --seed ${next} --engine ${engine}`;
    print(`${again}\n`);
    try {
      const onFault = (line: string) => print(`  ${line}\n`);
      const round = await soak({ engine, seed: next, seconds: roundSeconds, onFault });
      rounds.push(round);
      const failures = failuresOf(round);
      if (failures.length > 0) fail(again, failures);
    } catch (error) {
      fail(again, [error instanceof Error ? (error.stack ?? error.message) : String(error)]);
    }
    left -= roundSeconds;
  }
  if (rounds.length > 0) print(`\n${report(rounds)}`);
}

function fail(again: string, failures: readonly string[]): void {
  process.exitCode = 1;
  const shown = failures.slice(0, VIOLATIONS_SHOWN);
  print(`\nFAILED, ${failures.length} times; again with: ${again}\n`);
  print(shown.map((line) => `  ${line}\n`).join(''));
}

await run(parse(process.argv.slice(2)));
