import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { BirdsongNode } from '../harness/birdsong-node.js';
import { startChromium } from '../harness/chromium.js';
import { request } from '../harness/http-client.js';
import { RedisServer } from '../harness/redis-server.js';
import { ServerProcess } from '../harness/server-process.js';
import { SseReader } from '../harness/sse-reader.js';
import { TcpProxy } from '../harness/tcp-proxy.js';
import { until } from '../harness/until.js';
import { pythonPackages } from './python.js';

const PATH = '/channels/public.clients';

const HEARTBEAT_SECONDS = '0.1';

interface HandedOut {
  readonly event: string;
  readonly data: string;
}

interface Client {
  readonly name: string;
  /** The program that uses it, and the file with what it needs from PyPI. */
  readonly program: 'clients.mjs' | 'clients.py';
  readonly requirements?: string;
  /** It reads UTF-8 as Latin-1, unless the Content-Type names a charset. Default false. */
  readonly readsLatin1?: boolean;
}

const CLIENTS: readonly Client[] = [
  { name: 'eventsource', program: 'clients.mjs' },
  { name: 'eventsource-client', program: 'clients.mjs' },
  { name: 'eventsource-parser', program: 'clients.mjs' },
  { name: '@microsoft/fetch-event-source', program: 'clients.mjs' },
  { name: 'launchdarkly-eventsource', program: 'clients.mjs' },
  { name: 'httpx-sse', program: 'clients.py', requirements: 'requirements.txt' },
  { name: 'sseclient-py', program: 'clients.py', requirements: 'requirements.txt' },
  {
    name: 'sseclient',
    program: 'clients.py',
    requirements: 'requirements-sseclient.txt',
    readsLatin1: true,
  },
  { name: 'requests-sse', program: 'clients.py', requirements: 'requirements.txt' },
  { name: 'aiohttp-sse-client2', program: 'clients.py', requirements: 'requirements.txt' },
];

/** Texts that clients might cut, with every separator of Python's `splitlines()`. */
const TEXTS = ['plain', 'a\u2028b\u2029c\x85d\x1ee\x0bf', '🐦 ü', 'x'.repeat(60_000)];

/** Separators are escaped, so they arrive even so. */
const asLatin1 = (text: string): string =>
  text.replace(/[🐦ü]/gu, (character) => Buffer.from(character).toString('latin1'));

describe('A client as its users use it', () => {
  const folder = join(process.cwd(), 'test/clients');
  const environments = new Map<string, string>();
  let redis: RedisServer;
  /** The node that clients are led to first, and the one that is there after a deploy. */
  let node: BirdsongNode;
  let next: BirdsongNode;
  let proxy: TcpProxy;
  let program: ServerProcess | undefined;

  beforeAll(async () => {
    for (const { requirements } of CLIENTS) {
      if (requirements !== undefined) {
        environments.set(requirements, await pythonPackages(join(folder, requirements)));
      }
    }
  });
  beforeEach(async () => {
    redis = await RedisServer.start();
    const env = { REDIS_URL: redis.url, HEARTBEAT_SECONDS, RETRY_MS: '200', DRAIN_SECONDS: '0' };
    [node, next] = [await BirdsongNode.start({ env }), await BirdsongNode.start({ env })];
    proxy = await TcpProxy.start(node.port);
  });
  afterEach(async () => {
    await program?.end('SIGKILL');
    await proxy.close();
    await Promise.all([node.stop(), next.stop()]);
    await redis.stop();
    program = undefined;
  });

  /** Replaces the node that clients are led to, and sends a message while it stops. */
  async function deploy(): Promise<void> {
    proxy.retarget(next.port);
    await Promise.all([node.stop(), send('meanwhile')]);
  }

  const send = async (data: unknown) => {
    const answer = await request(`${next.url}${PATH}/messages`, { json: { data } });
    expect(answer.status).toBe(201);
  };

  /** What the program has printed in whole lines. */
  const handedOut = (): HandedOut[] =>
    (program?.stdout ?? '')
      .split('\n')
      .slice(0, -1)
      // Some clients print errors of their own.
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as HandedOut);

  const messages = (): unknown[] =>
    handedOut()
      .filter(({ event }) => event === 'message')
      .map(({ data }) => (JSON.parse(data) as { data: unknown }).data);

  const untilMessages = (count: number) =>
    until(`${count} messages`, () => messages().length >= count);

  const untilReady = (count: number) =>
    until(
      `stream.ready, ${count} times`,
      () => handedOut().filter(({ event }) => event === 'stream.ready').length >= count,
    );

  /** Resolves once a stream of this node has been silent for several heartbeats. */
  async function heartbeats(): Promise<void> {
    const reader = await SseReader.open(`${next.url}${PATH}/events`);
    await reader.until(({ comments }) => comments.length >= 4);
    await reader.close();
  }

  test.each(CLIENTS)(
    '$name hands out every message once, and nothing without data, and comes back after a deploy',
    async ({ name, program: file, requirements = '', readsLatin1 = false }) => {
      const interpreter = file.endsWith('.py') ? 'python3' : process.execPath;
      program = new ServerProcess(
        interpreter,
        [join(folder, file), name, `http://127.0.0.1:${proxy.port}${PATH}/events`],
        {
          cwd: process.cwd(),
          env: { PYTHONPATH: environments.get(requirements) ?? '' },
        },
      );
      await untilReady(1);
      await heartbeats();
      for (const text of TEXTS) await send(text);
      await untilMessages(TEXTS.length);
      await heartbeats();
      await deploy();
      await untilReady(2);
      await send('after');
      await untilMessages(TEXTS.length + 2);

      const texts = readsLatin1 ? TEXTS.map(asLatin1) : TEXTS;
      expect(messages()).toEqual([...texts, 'meanwhile', 'after']);
      for (const { data } of handedOut()) expect(() => JSON.parse(data) as unknown).not.toThrow();
    },
  );

  test('Chromium’s EventSource does the same', async () => {
    const browser = await startChromium();
    try {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${proxy.port}`);
      await page.evaluate(listen, `${PATH}/events?heartbeat=event`);
      const seen = () => page.evaluate(() => (globalThis as unknown as Seen).seen);
      const untilSeen = (what: string, count: number) =>
        until(`${what}, ${count} times`, async () => {
          const events = await seen();
          return events.filter(({ event }) => event === what).length >= count;
        });
      await untilSeen('stream.heartbeat', 3);
      await send('before');
      await untilSeen('message', 1);
      await deploy();
      await untilSeen('stream.ready', 2);
      await send('after');
      await untilSeen('message', 3);

      const events = await seen();
      const data = events
        .filter(({ event }) => event === 'message')
        .map((event) => (JSON.parse(event.data) as { data: unknown }).data);
      expect(data).toEqual(['before', 'meanwhile', 'after']);
    } finally {
      await browser.close();
    }
  });
});

interface Seen {
  seen: HandedOut[];
}

/** Runs in the page. */
function listen(path: string): void {
  const seen: HandedOut[] = [];
  (globalThis as unknown as Seen).seen = seen;
  const events = new EventSource(path);
  const types = ['message', 'stream.ready', 'stream.closing', 'stream.heartbeat'];
  types.forEach((type) => events.addEventListener(type, see));

  function see(event: Event): void {
    seen.push({ event: event.type, data: String((event as unknown as { data: unknown }).data) });
  }
}
