import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { readEnvironment } from '../../src/server/environment.js';
import { VARIABLES } from '../../src/server/variables.js';
import { BirdsongNode } from '../harness/birdsong-node.js';
import { freePort } from '../harness/free-port.js';
import { RedisServer } from '../harness/redis-server.js';
import { ServerProcess } from '../harness/server-process.js';

const pathOf = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const textOf = (name: string): string => readFileSync(pathOf(name), 'utf8');
const namesIn = (text: string, pattern: RegExp): string[] =>
  [...new Set([...text.matchAll(pattern)].map(([, name = '']) => name))].sort();

describe('The Dockerfile', () => {
  const dockerfile = textOf('Dockerfile').replaceAll('\\\n', ' ');

  function command(instruction: RegExp): string[] {
    const [, json = ''] = instruction.exec(dockerfile) ?? [];
    return JSON.parse(json) as string[];
  }

  async function checkHealth(port: number): Promise<number | null> {
    const [program = '', ...args] = command(/^HEALTHCHECK .*CMD (\[.*\])$/m);
    const check = new ServerProcess(program, args, {
      cwd: pathOf('.'),
      env: { PORT: String(port) },
    });
    return (await check.untilExit()).code;
  }

  it('has a health check that passes when the server is ready', async () => {
    const node = await BirdsongNode.start();
    try {
      expect(await checkHealth(node.port)).toBe(0);
    } finally {
      await node.stop();
    }
  });

  it('has a health check that fails when the server is not ready, does not answer or is gone', async () => {
    const notReady = createServer((_, response) => response.writeHead(503).end());
    const silent = createServer(() => undefined);
    for (const server of [notReady, silent]) {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      expect(await checkHealth((server.address() as AddressInfo).port)).toBe(1);
      server.close();
      server.closeAllConnections();
    }
    expect(await checkHealth(await freePort())).toBe(1);
  });

  it('starts the program that the package names', () => {
    const { bin } = JSON.parse(textOf('package.json')) as { bin: { birdsong: string } };
    expect(command(/^CMD (\[.*\])$/m)).toEqual(['node', bin.birdsong]);
  });

  it('copies only files that exist and that .dockerignore allows', () => {
    const letIn = namesIn(textOf('.dockerignore'), /^!(.+)$/gm);
    const copied = namesIn(dockerfile, /^COPY (?!--from)(.+) \S+$/gm).flatMap((names) =>
      names.split(' ').filter((name) => name !== '.'),
    );
    for (const name of [...letIn, ...copied])
      expect([name, existsSync(pathOf(name))]).toEqual([name, true]);
    expect(letIn).toEqual(expect.arrayContaining(copied));
  });
});

describe('The .env.example', () => {
  const example = textOf('.env.example');
  const set = Object.fromEntries(
    [...example.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
  );

  it('names exactly the variables of the server', () => {
    const names = namesIn(example, /^(?:# )?([A-Z_]+)=/gm);
    expect(names).toEqual(VARIABLES.map(({ name }) => name).sort());
  });

  it('states the defaults', () => {
    expect(readEnvironment(set)).toEqual(readEnvironment({}));
  });

  it('gives valid examples for variables without a default', () => {
    const examples = [...example.matchAll(/^# ([A-Z_]+)=(.*)$/gm)].map(
      ([, name = '', value = '']) => [name, value] as const,
    );
    // One at a time, as some exclude each other. An error about another variable that one needs does not count.
    for (const [name, value] of examples) {
      const others = { REDIS_SENTINELS: 'a:1', REDIS_SENTINEL_NAME: 'm', REDIS_PASSWORD: 'p' };
      const env = name.startsWith('REDIS_SENTINEL') || name === 'REDIS_USERNAME' ? others : {};
      expect(() => readEnvironment({ ...env, [name]: value })).not.toThrow();
    }
  });

  it('starts a server', async () => {
    const node = await BirdsongNode.start({ env: { ...set, PORT: '0', HOST: '127.0.0.1' } });
    await node.stop();
  });
});

describe('The limits of nginx', () => {
  const template = textOf('deploy/nginx/birdsong.conf.template');
  const defaults = readEnvironment({});

  function numberAfter(start: string, pattern: RegExp): number {
    const [, digits] = pattern.exec(template.slice(template.indexOf(start))) ?? [];
    return Number(digits);
  }

  it('let a stream be silent for longer than the heartbeat interval', () => {
    const seconds = numberAfter('events/?$ {', /proxy_read_timeout (\d+)s;/);
    expect(seconds).toBeGreaterThanOrEqual(3 * defaults.options.heartbeatSeconds);
  });

  it('close connections to a node before the node does', () => {
    const seconds = numberAfter('upstream birdsong {', /keepalive_timeout (\d+)s;/);
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThan(defaults.KEEP_ALIVE_SECONDS);
  });

  it('allow the longest long-poll', () => {
    const longestWaitSeconds = 30;
    const seconds = numberAfter('messages/?$ {', /proxy_read_timeout (\d+)s;/);
    expect(seconds).toBeGreaterThan(longestWaitSeconds);
  });

  it('allow the largest message and the largest batch', () => {
    const kibibytes = numberAfter('server {', /client_max_body_size (\d+)k;/);
    expect(kibibytes * 1024).toBeGreaterThan(1.5 * defaults.options.maxMessageBytes);
    expect(kibibytes * 1024).toBeGreaterThan(defaults.MAX_BATCH_BYTES);
  });
});

describe('The docker-compose.yaml', () => {
  const compose = textOf('docker-compose.yaml');

  it('gives nginx exactly the variables of its template', () => {
    const template = textOf('deploy/nginx/birdsong.conf.template');
    expect(namesIn(compose, /^\s+(BIRDSONG_\w+):/gm)).toEqual(
      namesIn(template, /\$\{(BIRDSONG_\w+)\}/g),
    );
  });

  it('makes the nodes trust nginx about client addresses', () => {
    const [, proxies = ''] = /^\s+TRUST_PROXY: (\S+)$/m.exec(compose) ?? [];
    expect(readEnvironment({ TRUST_PROXY: proxies }).TRUST_PROXY).toEqual(['uniquelocal']);
  });

  it('mounts files that exist', () => {
    const files = namesIn(compose, /^\s+- \.\/([^:]+):/gm);
    expect(files.length).toBeGreaterThan(0);
    for (const name of files) expect([name, existsSync(pathOf(name))]).toEqual([name, true]);
  });

  it('runs Redis so that it loses nothing', async () => {
    const redis = await RedisServer.start({
      args: ['--include', pathOf('deploy/redis/redis.conf')],
    });
    try {
      const client = redis.client();
      const read = (name: string): Promise<unknown> => client.config('GET', name);
      expect(await read('appendonly')).toEqual(['appendonly', 'yes']);
      expect(await read('appendfsync')).toEqual(['appendfsync', 'everysec']);
      expect(await read('maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
      // What anybody can fill: two patterns, and a quarter on top.
      const [, maxmemory] = (await read('maxmemory')) as [string, string];
      expect(2.5 * readEnvironment({}).HISTORY_TOTAL_BYTES).toBeLessThan(Number(maxmemory) / 2);
    } finally {
      await redis.stop();
    }
  });
});
