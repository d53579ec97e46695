import { afterEach, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { builtPackage } from '../harness/built-package.js';
import { request } from '../harness/http-client.js';
import { LANES } from '../harness/lanes.js';
import { ServerProcess } from '../harness/server-process.js';
import { SseReader } from '../harness/sse-reader.js';

describe.each(LANES)('beside a throttler, in the %s lane', (lane) => {
  let app: ServerProcess;
  let channel: string;

  async function start(...options: string[]): Promise<void> {
    const script = fileURLToPath(new URL('apps/throttled.mjs', import.meta.url));
    const built = pathToFileURL(join(builtPackage, 'dist/index.js')).href;
    app = new ServerProcess(process.execPath, [script, built, lane, ...options]);
    const [, port = ''] = await app.untilOutput(/on port (\d+)/);
    channel = `http://127.0.0.1:${port}/channels/open.1`;
  }

  async function openStreams(count: number): Promise<number[]> {
    const statuses = [];
    for (let index = 0; index < count; index++) {
      const reader = await SseReader.open(`${channel}/events`);
      statuses.push(reader.status);
      await reader.close();
    }
    return statuses;
  }

  afterEach(() => app.end('SIGKILL'));

  test('streams and reconnects do not count, and sends do', async () => {
    await start();
    const opened = await openStreams(8);
    const sent = [];
    for (let count = 0; count < 4; count++) {
      sent.push((await request(`${channel}/messages`, { json: { data: count } })).status);
    }

    expect(opened).toEqual(Array.from({ length: 8 }, () => 200));
    expect(sent).toEqual([201, 201, 201, 429]);
  });

  test('streams count where the app says so', async () => {
    await start('count');

    expect(await openStreams(4)).toEqual([200, 200, 200, 429]);
  });
});
