import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { request, type HttpAnswer } from '../harness/http-client.js';
import { NestApp } from '../harness/nest-app.js';
import { RedisServer } from '../harness/redis-server.js';
import { SseReader } from '../harness/sse-reader.js';
import { eachBroker, eventsUrl, isMessage, messagesUrl, send, type World } from './each-broker.js';

function expectRefused({ status, headers, json }: HttpAnswer): void {
  expect(status).toBe(503);
  expect(headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(headers['retry-after']).toMatch(/^[1-9]\d*$/);
  expect(json()).toMatchObject({ code: 'overloaded' });
}

async function readReady(world: World, url: string): Promise<SseReader> {
  const reader = await world.read(url);
  await reader.next();
  return reader;
}

eachBroker('a node that reads as many channels as it may', (world) => {
  test('refuses to read one more, and goes on with those it has', async () => {
    const app = await world.start({ maxFeeds: 2 });
    const [one, two, three] = [world.channel(), world.channel(), world.channel()];
    const readers = [
      await readReady(world, eventsUrl(app, one)),
      await readReady(world, eventsUrl(app, two)),
    ];
    const several = `${app.url}/events?channel=${one}&channel=${three}`;
    const { position } = (await request(messagesUrl(app, three))).json() as { position: string };

    expectRefused(await request(eventsUrl(app, three)));
    expectRefused(await request(several));
    expectRefused(await request(`${messagesUrl(app, three)}?wait=30&after=${position}`));
    readers.push(await readReady(world, eventsUrl(app, one)));
    await send(app, one, 'to one');
    await send(app, two, 'to two');
    await send(app, three, 'to nobody');
    for (const reader of readers) await reader.next(isMessage);
  });

  test('takes one more as soon as a channel has lost its readers', async () => {
    const app = await world.start({ maxFeeds: 1 });
    const [one, two] = [world.channel(), world.channel()];
    const first = await readReady(world, eventsUrl(app, one));
    expectRefused(await request(eventsUrl(app, two)));
    await first.close();
    let second = await world.read(eventsUrl(app, two));
    while (second.status !== 200) second = await world.read(eventsUrl(app, two));
    await second.next();
    await send(app, two, 'to two');
    await second.next(isMessage);
  });
});

eachBroker('a node that has as many readers as it may', (world) => {
  test('refuses one more, and those that come at once leave none too many', async () => {
    const app = await world.start({ maxStreams: 5 });
    const channel = world.channel();
    const readers = await Promise.all(
      Array.from({ length: 20 }, () => world.read(eventsUrl(app, channel))),
    );
    const open = readers.filter(({ status }) => status === 200);
    const events = await Promise.all(open.map((reader) => reader.next()));

    // Whoever was let in too early is told to come back, as it has its 200 already.
    expect(events.filter(({ event }) => event === 'stream.ready')).toHaveLength(5);
    for (const { event, data } of events.filter(({ event: name }) => name !== 'stream.ready')) {
      expect([event, data]).toEqual(['stream.closing', '{"reason":"overloaded","reconnect":true}']);
    }
    expectRefused(await request(eventsUrl(app, channel)));
    await open[events.findIndex(({ event }) => event === 'stream.ready')]?.close();
    let another = await world.read(eventsUrl(app, channel));
    while (another.status !== 200) another = await world.read(eventsUrl(app, channel));
    expect((await another.next()).event).toBe('stream.ready');
  });
});

describe('channels that linger without readers', () => {
  let redis: RedisServer;
  let admin: Redis;
  let app: NestApp;

  beforeAll(async () => {
    redis = await RedisServer.start();
    admin = redis.client();
  });
  beforeEach(async () => {
    app = await NestApp.birdsong({
      redis: { url: redis.url },
      maxFeeds: 3,
      feedLingerSeconds: 3600,
    });
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

  test('make room for others, the one that was left first before the rest', async () => {
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

describe('requests for history, more than are read at the same time', () => {
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

  test('have their turn, or are refused while Redis does not answer', async () => {
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
