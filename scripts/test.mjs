// Runs Jest with ES modules and ends with one plain line of counts.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'birdsong-test-'));
const report = join(folder, 'report.json');
const run = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '--json',
    `--outputFile=${report}`,
    ...process.argv.slice(2),
  ],
  // Jest's JSON goes to the file; what people read goes to standard error.
  { stdio: ['ignore', 'ignore', 'inherit'] },
);

let summary;
try {
  summary = JSON.parse(readFileSync(report, 'utf8'));
} catch {
  summary = { numPassedTests: 0, numFailedTests: 1 };
}
rmSync(folder, { recursive: true, force: true });

const failedSuites = summary.numRuntimeErrorTestSuites ?? 0;
console.log(`${summary.numPassedTests} passed, ${summary.numFailedTests + failedSuites} failed`);
process.exit(run.status === 0 && summary.numPassedTests > 0 ? 0 : 1);
