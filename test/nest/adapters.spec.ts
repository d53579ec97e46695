import { afterEach, describe, expect, test } from '@jest/globals';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Birdsong } from '../../src/index.js';
import { builtPackage } from '../harness/built-package.js';
import { isMessage } from '../harness/event-stream-parser.js';
import { request } from '../harness/http-client.js';
import { NestApp } from '../harness/nest-app.js';
import { ServerProcess } from '../harness/server-process.js';
import { SseReader } from '../harness/sse-reader.js';
import { ADAPTERS, birdsong, OrdersController, STREAMS } from './adapters.js';

const dataOf = ({ data }: { data: string }): unknown =>
  (JSON.parse(data) as { data: unknown }).data;

describe.each(ADAPTERS)('on $name', ({ create }) => {
  let host: NestApp;
  const readers: SseReader[] = [];

  const start = async (
    extras: Parameters<typeof birdsong>[0] = {},
    configure?: Parameters<typeof NestApp.start>[1],
  ) => {
    host = await NestApp.start(
      { imports: [birdsong(extras)], controllers: [OrdersController] },
      configure,
      create(),
    );
    return host;
  };

  async function open(path: string, headers: Record<string, string> = {}): Promise<SseReader> {
    const reader = await SseReader.open(`${host.url}/${path}`, { headers });
    readers.push(reader);
    return reader;
  }

  afterEach(async () => {
    await Promise.all(readers.splice(0).map((reader) => reader.close()));
    await host.close();
  });

  test.each(STREAMS)(
    '$path replays, streams and resumes (own routes: $lane)',
    async ({ path, lane }) => {
      await start({ lane });
      const messages = `${host.url}/channels/open.1/messages`;
      await request(messages, { json: { data: 'one' } });
      const first = await open(path);
      const [one] = await first.take(1, isMessage);
      const sent = await request(messages, { json: { data: 'two', type: 'note' } });
      const [two] = await first.take(1, isMessage);
      await first.close();
      await request(`${messages}/batch`, { json: { messages: [{ data: 3 }, { data: 4 }] } });
      const second = await open(path, { 'Last-Event-ID': first.lastEventId });
      const rest = await second.take(2, isMessage);
      const history = await request(messages);

      expect(first.status).toBe(200);
      expect(first.headers).toMatchObject({
        'content-type': 'text/event-stream',
        'x-accel-buffering': 'no',
      });
      expect([sent.status, sent.headers['content-type']]).toEqual([
        201,
        'application/json; charset=utf-8',
      ]);
      expect([one, two, ...rest].map((event) => event && dataOf(event))).toEqual([
        'one',
        'two',
        3,
        4,
      ]);
      expect(two?.event).toBe('note');
      expect((history.json() as { messages: unknown[] }).messages).toHaveLength(4);
      expect(second.events.some(({ event }) => event === 'stream.gap')).toBe(false);
    },
  );

  test.each(STREAMS)(
    '$path has the CORS headers of the app (own routes: $lane)',
    async ({ path, lane }) => {
      await start({ lane }, (app) =>
        app.enableCors({ origin: 'https://a.example', credentials: true }),
      );
      const reader = await open(path, { Origin: 'https://a.example' });

      expect(reader.headers).toMatchObject({
        'access-control-allow-origin': 'https://a.example',
        'access-control-allow-credentials': 'true',
      });
    },
  );

  test.each(STREAMS)(
    '$path gets heartbeats that move nothing (own routes: $lane)',
    async ({ path, lane }) => {
      await start({ lane });
      const reader = await open(path);
      const ready = await reader.next();
      const count = reader.comments.length;
      await reader.until(({ comments }) => comments.length > count + 1);

      expect(reader.events).toHaveLength(1);
      expect(reader.lastEventId).toBe(ready.id);
    },
  );

  test.each(['orders/no.way./observable', 'orders/no.way./fast'])(
    '%s answers an error with its status',
    async (path) => {
      await start();
      const answer = await request(`${host.url}/${path}`);

      expect([answer.status, answer.json()]).toEqual([
        400,
        expect.objectContaining({ code: 'invalid-channel' }),
      ]);
    },
  );

  test.each(STREAMS)('$path answers HEAD (own routes: $lane)', async ({ path, lane }) => {
    await start({ lane });
    const answer = await request(`${host.url}/${path}`, { method: 'HEAD' });

    expect([answer.status, answer.headers['content-type'], answer.text]).toEqual([
      200,
      'text/event-stream',
      '',
    ]);
  });

  test.each(STREAMS)(
    'close() tells readers of $path to come back (own routes: $lane)',
    async ({ path, lane }) => {
      await start({ lane });
      const reader = await open(path);
      await reader.next();
      await host.app.close();
      const { data } = await reader.next();

      expect(JSON.parse(data)).toEqual({ reason: 'shutdown', reconnect: true });
      expect(await reader.ended).toBe('sent away');
      expect(reader.retry).toBeGreaterThanOrEqual(2000);
    },
  );

  test('a client that leaves is forgotten', async () => {
    await start();
    for (const path of ['orders/1/fast', 'orders/1/observable']) {
      const reader = await open(path);
      await reader.next();
      await reader.close();
    }
    await host.untilLeft();
    const { connections } = host.app.get(Birdsong);
    while (connections.list().length > 0) {
      await new Promise(setImmediate);
    }
  });
});

describe('Fastify alone', () => {
  let host: NestApp | undefined;

  afterEach(() => host?.close());

  test('inject() sends, reads history, and opens a stream of each lane', async () => {
    const script = fileURLToPath(new URL('apps/inject.mjs', import.meta.url));
    const built = pathToFileURL(join(builtPackage, 'dist/index.js')).href;
    const app = new ServerProcess(process.execPath, [script, built]);
    await app.untilExit();
    const answers = {
      sent: 201,
      history: ['injected'],
      stream: [200, 'text/event-stream'],
    };

    expect(JSON.parse(app.stdout)).toEqual({ answers: { fast: answers, observable: answers } });
  });

  test.each(['orders/1/fast', 'orders/1/observable'])(
    'close() ends while an HTTP/2 client keeps its session, and %s is told',
    async (path) => {
      host = await NestApp.start(
        { imports: [birdsong()], controllers: [OrdersController] },
        undefined,
        new FastifyAdapter({ http2: true }),
      );
      const session = connect(host.url);
      session.on('error', () => undefined);
      const stream = session.request({ ':path': `/${path}` });
      let text = '';
      stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
      while (!text.includes('stream.ready')) {
        await once(stream, 'data');
      }
      await Promise.all([once(session, 'close'), host.app.close()]);

      expect(text).toMatch(/event: stream\.closing\n.*\n\n$/s);
    },
  );
});
