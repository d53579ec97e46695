import { expect, test } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import { builtPackage } from '../harness/built-package.js';
import { ServerProcess } from '../harness/server-process.js';

test('The contract runs with Node’s own test runner, from the package', async () => {
  const file = fileURLToPath(new URL('node-test.mjs', import.meta.url));
  const run = new ServerProcess(process.execPath, ['--test', '--test-reporter=tap', file], {
    env: { BIRDSONG: builtPackage },
  });

  expect(await run.exited).toEqual({ code: 0, signal: null });
  expect(run.stdout).toMatch(/^# pass [1-9]\d*$/m);
  expect(run.stdout).toContain('# fail 0\n');
});
