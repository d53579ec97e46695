import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { request } from '../harness/http-client.js';
import type { ServerProcess } from '../harness/server-process.js';
import { SseReader } from '../harness/sse-reader.js';
import { HostApp, type Adapter } from './host-app.js';
import type { Format, Nest } from './nest-versions.js';
import { APP_SPEC, readmeApp } from './readme-app.js';

const DEADLINE_MS = 300_000;

/** The adapters come one after the other, as one is installed at a time. */
const HOSTS: readonly [Format, Adapter][] = [
  ['ESM', 'Express'],
  ['CommonJS', 'Express'],
  ['ESM', 'Fastify'],
  ['CommonJS', 'Fastify'],
];

const isReady = ({ event }: { event: string }) => event === 'stream.ready';
const isMessage = ({ event }: { event: string }) => event === 'message';

/** Installs the tarball into new apps of this version of Nest, and uses it as the README says. */
export function describeHosts(nest: Nest): void {
  describe(`In a new app of Nest ${nest.major}`, () => {
    let app: HostApp;
    let installed: Adapter = 'Express';

    beforeAll(async () => {
      app = await HostApp.install(nest);
    }, DEADLINE_MS);
    afterAll(() => app.remove());

    it('the package brings no second Nest', async () => {
      expect(await readdir(join(app.modules, 'birdsong'))).not.toContain('node_modules');
    });

    it(
      'the app’s own test command runs a spec that imports it',
      () => app.test(APP_SPEC),
      DEADLINE_MS,
    );

    describe.each(HOSTS)('of %s on %s', (format, adapter) => {
      let server: ServerProcess;
      let url: string;
      const readers: SseReader[] = [];

      beforeAll(async () => {
        if (adapter !== installed) await app.use(adapter);
        installed = adapter;
        await app.build(format, await readmeApp(format, adapter));
        ({ server, url } = await app.start(format));
      }, DEADLINE_MS);
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

      it('no other adapter is installed', async () => {
        const packages = await readdir(join(app.modules, '@nestjs'));

        expect(packages.filter((name) => name.startsWith('platform-'))).toEqual([
          `platform-${adapter.toLowerCase()}`,
        ]);
      });

      it('a stream carries what a service publishes to its readers', async () => {
        const [watching, other] = [await watch(1), await watch(2)];
        const answer = await ship(1);
        const event = await watching.next(isMessage);

        expect(answer.status).toBe(201);
        expect(answer.json()).toMatchObject({ id: event.id, channel: 'orders.1' });
        expect(JSON.parse(event.data)).toMatchObject({ id: event.id, data: { status: 'shipped' } });
        expect(other.events.filter(isMessage)).toEqual([]);
      });

      it('a reader that comes back gets what it missed', async () => {
        const first = await watch(3);
        await first.close();
        const { id } = (await ship(3)).json() as { id: string };
        const second = await watch(3, first.lastEventId);

        expect((await second.next(isMessage)).id).toBe(id);
      });

      it('the routes of the package give no access to orders', async () => {
        expect((await request(`${url}/channels/orders.1/events`)).status).toBe(403);
        expect((await request(`${url}/channels/orders.1/messages`)).status).toBe(403);
      });

      it('the app stops without waiting for its readers', async () => {
        const reader = await watch(4);
        server.signal('SIGTERM');
        const closing = await reader.next(({ event }) => event === 'stream.closing');

        expect(JSON.parse(closing.data)).toMatchObject({ reason: 'shutdown' });
        expect(await reader.ended).toBe('sent away');
        expect((await server.untilExit()).signal).toBe('SIGTERM');
      });
    });
  });
}
