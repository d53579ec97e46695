import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readEnvironment } from '../../src/server/environment.js';
import { VARIABLES } from '../../src/server/variables.js';
import { builtPackage } from '../harness/built-package.js';
import { freePort } from '../harness/free-port.js';
import { request } from '../harness/http-client.js';
import { RedisServer } from '../harness/redis-server.js';
import { ServerProcess } from '../harness/server-process.js';

const UNIT = 'deploy/systemd/birdsong@.service';
const INSTALLED = '/opt/birdsong/';
const pathOf = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const textOf = (name: string): string => readFileSync(pathOf(name), 'utf8');

describe('The systemd unit', () => {
  const unit = textOf(UNIT);
  let redis: RedisServer;

  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis.stop());

  function valueOf(key: string): string {
    const [value = '', another] = [...unit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(
      ([, text = '']) => text,
    );
    expect(another).toBeUndefined();
    return value;
  }

  const assignments = (text: string): Record<string, string> =>
    Object.fromEntries(
      [...text.matchAll(/(?<=^| )([A-Z_]+)=(\S*)/g)].map(([, name = '', value = '']) => [
        name,
        value,
      ]),
    );

  /** Does what systemd does for `birdsong@<port>`, with the package that the tests built. */
  function startInstance(port: number, file: Record<string, string> = {}): ServerProcess {
    const [program = '', ...args] = valueOf('ExecStart')
      .replaceAll('%i', String(port))
      .replaceAll(INSTALLED, `${builtPackage}/`)
      .split(' ');
    const env = { ...assignments(valueOf('Environment')), REDIS_URL: redis.url, ...file };
    return new ServerProcess(program, args, { cwd: '/', env });
  }

  it('is valid for systemd', async () => {
    const check = new ServerProcess('systemd-analyze', ['verify', pathOf(UNIT)]);
    const { code } = await check.untilExit();
    // systemd only warns about what it does not know.
    expect([code, check.output]).toEqual([0, '']);
  });

  it('starts the program that the package names', () => {
    const { bin } = JSON.parse(textOf('package.json')) as { bin: { birdsong: string } };
    expect(valueOf('ExecStart').split(' ').at(-1)).toBe(INSTALLED + bin.birdsong);
  });

  it('sets only variables that the server reads, to valid values', () => {
    const { NODE_ENV, ...set } = {
      ...assignments(valueOf('Environment')),
      ...assignments(valueOf('ExecStart').replace('%i', '3000')),
    };
    expect(NODE_ENV).toBe('production');
    expect(VARIABLES.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(set)));
    expect(readEnvironment(set)).toMatchObject({ PORT: 3000, TRUST_PROXY: ['loopback'] });
  });

  it('gives a process time to stop, and the descriptors that it may need', () => {
    const defaults = readEnvironment({});
    expect(Number(valueOf('TimeoutStopSec'))).toBeGreaterThan(defaults.options.drainSeconds + 5);
    expect(Number(valueOf('LimitNOFILE'))).toBeGreaterThan(defaults.MAX_CONNECTIONS + 1000);
  });

  it('runs several that share Redis, each on its own port, even if the settings name another', async () => {
    const settings = { PORT: '3000', HOST: '0.0.0.0' };
    const ports = [await freePort(), await freePort()];
    const instances = ports.map((port) => startInstance(port, settings));
    try {
      for (const [index, instance] of instances.entries()) {
        await instance.untilOutput(new RegExp(`listening on http://127.0.0.1:${ports[index]}\\n`));
      }
      const [first = '', second = ''] = ports.map(
        (port) => `http://127.0.0.1:${port}/channels/public.units/messages`,
      );
      expect((await request(first, { json: { data: 'shared' } })).status).toBe(201);
      expect((await request(second)).text).toContain('shared');
    } finally {
      for (const instance of instances) expect((await instance.end('SIGTERM')).code).toBe(0);
    }
  });
});
