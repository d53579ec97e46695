import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { request } from '../harness/http-client.js';
import { ServerProcess } from '../harness/server-process.js';
import { SseReader } from '../harness/sse-reader.js';
import { FreshApp, readmeBlock, repository } from './fresh-app.js';

const isReady = ({ event }: { event: string }) => event === 'stream.ready';
const isMessage = ({ event }: { event: string }) => event === 'message';

describe('The package', () => {
  let app: FreshApp;
  let paths: string[];

  beforeAll(async () => {
    app = await FreshApp.install();
    paths = app.packed.files.map(({ path }) => path);
  }, 180_000);
  afterAll(() => app.remove());

  it('holds what is built, with its documents, and nothing else', () => {
    const others = paths.filter((path) => !/^(dist|docs)\//.test(path));

    expect(others.sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json']);
    expect(paths.filter((path) => /\.(spec|test)\.|\.tsx?$|\.env/.test(path))).toEqual(
      paths.filter((path) => path.endsWith('.d.ts')),
    );
  });

  it('holds code and types of every source, and of no source that is gone', async () => {
    const sources = (await readdir(join(repository, 'src'), { recursive: true }))
      .filter((path) => path.endsWith('.ts'))
      .map((path) => path.slice(0, -'.ts'.length));
    const built = (suffix: string) =>
      paths
        .filter((path) => path.endsWith(suffix) && !path.startsWith('dist/web/'))
        .map((path) => path.slice('dist/'.length, -suffix.length));

    expect(built('.js').sort()).toEqual(sources.sort());
    expect(built('.d.ts').sort()).toEqual(sources);
  });

  it('holds the scripts for Redis and the page', async () => {
    const scripts = await readdir(join(repository, 'src/engines/redis/lua'));

    expect(paths).toEqual(
      expect.arrayContaining(scripts.map((script) => `dist/engines/redis/lua/${script}`)),
    );
    expect(paths).toContain('dist/web/index.html');
    expect(paths.filter((path) => /^dist\/web\/assets\/.+\.(js|css)$/.test(path))).toHaveLength(2);
  });

  it('is small', () => {
    expect(app.packed.size).toBeLessThan(400_000);
    expect(app.packed.unpackedSize).toBeLessThan(1_700_000);
  });

  it('brings no second Nest into an app that has one', async () => {
    const installed = join(app.folder, 'node_modules');

    expect(await readdir(join(installed, 'birdsong'))).not.toContain('node_modules');
    expect((await readdir(join(installed, '@nestjs'))).sort()).toEqual([
      'common',
      'core',
      'event-emitter',
      'platform-express',
    ]);
  });

  describe('in an app that embeds it by the lines of the README', () => {
    let server: ServerProcess;
    let url: string;
    const readers: SseReader[] = [];

    beforeAll(async () => {
      await app.compile(await readmeBlock('embed'));
      ({ server, url } = await app.start());
    }, 60_000);
    afterEach(() => Promise.all(readers.splice(0).map((reader) => reader.close())));
    afterAll(() => server.end('SIGTERM'));

    async function watch(order: number, lastEventId?: string): Promise<SseReader> {
      const reader = await SseReader.open(`${url}/orders/${order}/events`, {
        headers: lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId },
      });
      readers.push(reader);
      await reader.next(isReady);
      return reader;
    }

    const ship = (order: number) => request(`${url}/orders/${order}/ship`, { method: 'POST' });

    it('carries what a service publishes to the readers of its stream', async () => {
      const [watching, other] = [await watch(1), await watch(2)];
      const answer = await ship(1);
      const event = await watching.next(isMessage);

      expect(answer.status).toBe(201);
      expect(answer.json()).toMatchObject({ id: event.id, channel: 'orders.1' });
      expect(JSON.parse(event.data)).toMatchObject({ id: event.id, data: { status: 'shipped' } });
      expect(other.events.filter(isMessage)).toEqual([]);
    });

    it('resumes a reader that comes back', async () => {
      const first = await watch(3);
      await first.close();
      const { id } = (await ship(3)).json() as { id: string };
      const second = await watch(3, first.lastEventId);

      expect((await second.next(isMessage)).id).toBe(id);
    });

    it('opens the orders to nobody by routes of its own', async () => {
      expect((await request(`${url}/channels/orders.1/events`)).status).toBe(403);
      expect((await request(`${url}/channels/orders.1/messages`)).status).toBe(403);
    });
  });

  it('has a command that starts the server with its page', async () => {
    const server = new ServerProcess(join(app.folder, 'node_modules/.bin/birdsong'), [], {
      cwd: app.folder,
      env: { PORT: '0', HOST: '127.0.0.1', NO_COLOR: '1' },
    });
    try {
      const [, url = ''] = await server.untilOutput(/listening on (http:\S+)\s/);
      const page = await request(url);
      const json = { data: { name: 'Ada', message: 'hello' } };

      expect(page.text).toContain('<title>Birdsong</title>');
      expect((await request(`${url}/channels/chat.lobby/messages`, { json })).status).toBe(201);
    } finally {
      await server.end('SIGTERM');
    }
  });
});
