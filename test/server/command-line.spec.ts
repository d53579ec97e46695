import { afterEach, describe, expect, it, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { builtPackage } from '../harness/built-package.js';
import { freePort } from '../harness/free-port.js';
import { request } from '../harness/http-client.js';
import { RedisServer } from '../harness/redis-server.js';
import { ServerProcess } from '../harness/server-process.js';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

describe('The birdsong command', () => {
  let server: ServerProcess | undefined;

  afterEach(async () => {
    await server?.end('SIGTERM');
    server = undefined;
  });

  const launch = (args: readonly string[], env: Record<string, string> = {}): ServerProcess =>
    (server = new ServerProcess(process.execPath, ['dist/bin.js', ...args], {
      cwd: builtPackage,
      env: { PORT: '1', HOST: '127.0.0.1', NO_COLOR: '1', ...env },
    }));

  async function run(...args: string[]) {
    const process = launch(args);
    const { code } = await process.untilExit();
    return { code, stdout: process.stdout, stderr: process.stderr };
  }

  test.each(['--version', '-v'])('prints its version for %s, and starts nothing', async (flag) => {
    expect(await run(flag)).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  test.each(['--help', '-h'])('prints how it is used for %s, and starts nothing', async (flag) => {
    const { code, stdout, stderr } = await run(flag);

    expect([code, stderr]).toEqual([0, '']);
    for (const option of ['--port', '--host', '--redis', '--version', 'REDIS_URL']) {
      expect(stdout).toContain(option);
    }
    expect(Math.max(...stdout.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(100);
  });

  test.each([
    ['--prot', '80'],
    ['--port'],
    ['--port', '--host', '::1'],
    ['--redis='],
    ['start'],
    ['-x'],
    ['--help=yes'],
    ['--port', '80', 'extra'],
  ])('refuses %s %s in one line, and starts nothing', async (...args) => {
    const { code, stdout, stderr } = await run(...args);

    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^[^\n]*See birdsong --help\.\n$/);
  });

  test.each([
    ['--port', '70000'],
    ['--port', 'http'],
    ['--redis', 'localhost'],
  ])('says what is wrong with %s %s', async (...args) => {
    const { code, stderr } = await run(...args);

    expect(code).toBe(1);
    expect(stderr).toMatch(/^Birdsong did not start: [^\n]+\n$/);
  });

  it('listens where its options say, whatever the variables say', async () => {
    const redis = await RedisServer.start();
    const port = await freePort();
    try {
      const process = launch(['--port', String(port), '--host=127.0.0.3', '--redis', redis.url], {
        REDIS_URL: 'redis://127.0.0.1:1',
      });
      await process.untilOutput(/listening on/);
      const url = `http://127.0.0.3:${port}/channels/public.a/messages`;

      expect((await request(url, { json: { data: 1 } })).status).toBe(201);
      expect(await redis.client().exists('birdsong:{public.a}:history')).toBe(1);
      await process.end('SIGTERM');
    } finally {
      await redis.stop();
    }
  });
});
