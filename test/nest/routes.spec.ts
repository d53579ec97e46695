import { afterEach, describe, expect, test } from '@jest/globals';
import { VersioningType, type INestApplication, type VersioningOptions } from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { BirdsongModule } from '../../src/index.js';
import { request } from '../harness/http-client.js';
import { LANES } from '../harness/lanes.js';
import { NestApp } from '../harness/nest-app.js';
import { SseReader } from '../harness/sse-reader.js';
import { ADAPTERS, birdsong } from './adapters.js';

const VERSIONINGS: [string, VersioningOptions][] = [
  ['URI', { type: VersioningType.URI, defaultVersion: '1' }],
  ['header', { type: VersioningType.HEADER, header: 'X-Version', defaultVersion: '1' }],
  ['media type', { type: VersioningType.MEDIA_TYPE, key: 'v=', defaultVersion: '1' }],
  ['no default', { type: VersioningType.HEADER, header: 'X-Version' }],
];

const hosts = ADAPTERS.flatMap(({ name, create }) => LANES.map((lane) => ({ name, create, lane })));

describe.each(hosts)('where the routes are, on $name in the $lane lane', ({ create, lane }) => {
  let host: NestApp;

  const start = async (
    configure?: (app: INestApplication) => unknown,
    imports: Parameters<typeof NestApp.start>[0]['imports'] = [],
  ) => {
    host = await NestApp.start({ imports: [birdsong({ lane }), ...imports] }, configure, create());
  };

  /** Sends to, reads and streams a channel, as a browser would: with no header of its own. */
  async function use(prefix = ''): Promise<unknown> {
    const channel = `${host.url}${prefix}/channels/open.1`;
    const sent = await request(`${channel}/messages`, { json: { data: 'hello' } });
    const history = await request(`${channel}/messages`);
    const statuses = [sent.status, history.status];
    for (const url of [`${channel}/events`, `${host.url}${prefix}/events?channel=open.1`]) {
      const reader = await SseReader.open(url);
      statuses.push(reader.status);
      await reader.close();
    }
    return statuses;
  }

  afterEach(() => host.close());

  test('behind a global prefix', async () => {
    await start((app) => app.setGlobalPrefix('api'));

    expect(await use('/api')).toEqual([201, 200, 200, 200]);
    expect(await use()).toEqual([404, 404, 404, 404]);
  });

  test.each(VERSIONINGS)('without a version: %s', async (_, options) => {
    await start((app) => app.enableVersioning(options));

    expect(await use()).toEqual([201, 200, 200, 200]);
  });

  test('under a path that RouterModule gives', async () => {
    await start(undefined, [RouterModule.register([{ path: 'realtime', module: BirdsongModule }])]);

    expect(await use('/realtime')).toEqual([201, 200, 200, 200]);
  });
});
