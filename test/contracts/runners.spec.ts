import { expect, test } from '@jest/globals';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { builtPackage } from '../harness/built-package.js';
import { ServerProcess } from '../harness/server-process.js';

test('The contract runs with Node’s own test runner, from the package', async () => {
  await copyFile(new URL('node-test.mjs', import.meta.url), join(builtPackage, 'node-test.mjs'));
  const args = ['--test', '--test-reporter=tap', 'node-test.mjs'];
  const run = new ServerProcess(process.execPath, args, { cwd: builtPackage });

  expect(await run.exited).toEqual({ code: 0, signal: null });
  expect(run.stdout).toMatch(/^# pass [1-9]\d*$/m);
  expect(run.stdout).toContain('# fail 0\n');
});
