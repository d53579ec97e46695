import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { isMessage } from '../harness/event-stream-parser.js';
import { request, type HttpAnswer } from '../harness/http-client.js';
import { LANES } from '../harness/lanes.js';
import { NestApp } from '../harness/nest-app.js';
import { RedisServer } from '../harness/redis-server.js';
import { SseReader } from '../harness/sse-reader.js';
import { eventsUrl, send } from '../http/each-broker.js';

describe.each(LANES)('channels that linger without readers, in the %s lane,', (lane) => {
  let redis: RedisServer;
  let admin: Redis;
  let app: NestApp;

  beforeAll(async () => {
    redis = await RedisServer.start();
    admin = redis.client();
  });
  beforeEach(async () => {
    app = await NestApp.birdsong(
      { redis: { url: redis.url }, maxFeeds: 3, feedLingerSeconds: 3600 },
      lane,
    );
  });
  afterEach(() => app.close());
  afterAll(() => redis.stop());

  const subscribed = async (): Promise<string[]> =>
    ((await admin.pubsub('CHANNELS', 'birdsong:{open.*')) as string[])
      .map((name) => name.slice('birdsong:{'.length, -1))
      .sort();

  async function untilSubscribed(names: readonly string[]): Promise<void> {
    while ((await subscribed()).join() !== names.join());
  }

  test('make room for others, the longest unused first', async () => {
    const visit = async (channel: string): Promise<void> => {
      const reader = await SseReader.open(eventsUrl(app, channel));
      await reader.next();
      await reader.close();
    };
    for (const channel of ['open.a', 'open.b', 'open.c', 'open.a']) await visit(channel);
    await untilSubscribed(['open.a', 'open.b', 'open.c']);
    const reader = await SseReader.open(eventsUrl(app, 'open.d'));
    await reader.next();

    await untilSubscribed(['open.a', 'open.c', 'open.d']);
    await send(app, 'open.d', 'to d');
    await reader.next(isMessage);
    await reader.close();
  });
});

describe('more requests for history than may be read at the same time', () => {
  let redis: RedisServer;
  let app: NestApp;

  beforeAll(async () => {
    redis = await RedisServer.start();
    app = await NestApp.birdsong({ redis: { url: redis.url, commandTimeoutMs: 4000 } });
  });
  afterAll(async () => {
    await app.close();
    await redis.stop();
  });

  const read = (count: number): Promise<HttpAnswer[]> =>
    Promise.all(
      Array.from({ length: count }, () => request(`${app.url}/channels/open.a/messages`)),
    );

  test('wait their turn, or are refused while Redis does not answer', async () => {
    expect((await read(200)).map(({ status }) => status)).toEqual(Array(200).fill(200));
    redis.pause();
    const refused = await read(200);
    redis.resume();

    const codes = refused.map(({ json }) => (json() as { code: string }).code);
    expect(refused.map(({ status }) => status)).toEqual(Array(200).fill(503));
    expect(new Set(codes)).toEqual(new Set(['broker-unavailable', 'overloaded']));
    while ((await read(1))[0]?.status !== 200);
    expect((await read(200)).map(({ status }) => status)).toEqual(Array(200).fill(200));
  });
});
