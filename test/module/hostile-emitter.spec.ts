import { expect, test } from '@jest/globals';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { builtPackage } from '../harness/built-package.js';
import { ServerProcess } from '../harness/server-process.js';

test('no event ends the process, in any form, at any time; each refusal is logged once', async () => {
  const script = fileURLToPath(new URL('apps/hostile-emitter.mjs', import.meta.url));
  const built = pathToFileURL(join(builtPackage, 'dist/index.js')).href;
  const host = new ServerProcess(process.execPath, [script, built], { env: { NO_COLOR: '1' } });
  const { code } = await host.untilExit();
  const [, printed = ''] = /^(\{"outcomes".*)$/m.exec(host.stdout) ?? [];

  expect([code, host.output]).toEqual([0, expect.anything()]);
  expect((JSON.parse(printed) as { outcomes: object }).outcomes).toEqual({
    onModuleInit: 'unknown-channel',
    onApplicationBootstrap: 'unknown-channel',
    running: 'unknown-channel',
    accepted: 'accepted',
    onApplicationShutdown: 'unknown-channel',
    closed: 'unknown-channel',
    'closed, known channel': 'shutting-down',
  });
  const logged = host.output.match(/birdsong\.new-message was refused: unknown-channel/g);
  expect(logged).toHaveLength(5);
  expect(host.output.match(/A listener of birdsong\.message-accepted failed/g)).toHaveLength(3);
});
