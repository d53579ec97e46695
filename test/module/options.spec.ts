import { afterEach, describe, expect, test } from '@jest/globals';
import { Module } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import { BirdsongModule, NewMessageEvent, type BirdsongOptions } from '../../src/index.js';
import { request } from '../harness/http-client.js';
import { NestApp } from '../harness/nest-app.js';
import { dataOf, HostWorld, publish } from './host-world.js';
import { Auditor, CHANNELS } from './shop-app.js';

describe('BirdsongModule', () => {
  const world = new HostWorld();

  afterEach(() => world.close());

  test('a host that emits NewMessageEvent itself gets the same delivery and the receipt', async () => {
    const app = await world.start({
      imports: [
        EventEmitterModule.forRoot({ wildcard: true }),
        BirdsongModule.forRoot({ channels: CHANNELS }),
      ],
      providers: [Auditor],
    });
    const reader = await world.open(app, 'channels/open.a/events');
    await reader.next();
    const emitter = app.app.get(EventEmitter2);
    const event = new NewMessageEvent({ channel: 'open.a', data: 'emitted' });
    await emitter.emitAsync(NewMessageEvent.NAME, event);
    await publish(app, 'open.a', 'published');

    const [emitted, published] = await reader.take(2);
    expect([emitted?.id, dataOf(emitted ?? { data: '' })]).toEqual([event.receipt?.id, 'emitted']);
    expect(dataOf(published ?? { data: '' })).toBe('published');
    // A listener of the host receives each event once, whether the host or Birdsong emitted it.
    expect(app.app.get(Auditor).audited).toEqual(['emitted', 'published']);
    await expect(
      emitter.emitAsync(
        NewMessageEvent.NAME,
        new NewMessageEvent({ channel: 'open.a', type: 'stream.ready', data: 1 }),
      ),
    ).rejects.toMatchObject({ code: 'invalid-request' });
  });

  test('what cannot be JSON is refused', async () => {
    const app = await world.start();
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    for (const data of [undefined, cycle, 1n, () => 1]) {
      await expect(publish(app, 'open.a', data)).rejects.toMatchObject({ code: 'invalid-request' });
    }
  });

  test('forRootAsync takes a factory, and routes can be left out', async () => {
    @Module({
      providers: [{ provide: 'CHANNELS', useValue: CHANNELS }],
      exports: ['CHANNELS'],
    })
    class ConfigModule {}

    const app = await world.start({
      imports: [
        BirdsongModule.forRootAsync({
          imports: [ConfigModule],
          inject: ['CHANNELS'],
          useFactory: (channels: BirdsongOptions['channels']) => ({ channels }),
          routes: false,
        }),
      ],
    });
    const reader = await world.open(app, 'shop/orders/1/events?token=mine');
    await reader.next();
    await publish(app, 'orders.1', 'async');

    expect(dataOf(await reader.next())).toBe('async');
    expect((await request(`${app.url}/channels/open.a/messages`)).status).toBe(404);
  });

  test.each<[string, object]>([
    ['lane: must be one of fast, observable', { lane: 'slow' }],
    ['decorators.0: must be a function', { decorators: ['Public'] }],
    ['isGlobal: must be true or false', { isGlobal: 'no' }],
  ])('a wrong option %s is named at the import', (name, extras) => {
    expect(() => BirdsongModule.forRoot({ channels: CHANNELS, ...extras })).toThrow(name);
  });

  test.each<[string, object]>([
    ['heartbeatSeconds', { heartbeatSeconds: -1 }],
    ['redis.url', { redis: { url: 'http://x' } }],
    ['redis: needs one of url, cluster and sentinel', { redis: {} }],
    ['redis.cluster: must name at least one node', { redis: { cluster: [] } }],
    ['redis.cluster.0.port', { redis: { cluster: [{ host: 'a', port: 0 }] } }],
    ['redis.sentinel.name', { redis: { sentinel: { nodes: [{ host: 'a', port: 1 }] } } }],
    [
      'redis: url (redis://a:1) and cluster (b:2,c:3) contradict each other',
      {
        redis: {
          url: 'redis://:secret@a:1',
          cluster: [
            { host: 'b', port: 2 },
            { host: 'c', port: 3 },
          ],
        },
      },
    ],
    ['url (redis://a) has a password', { redis: { url: 'redis://u:x@a', password: 'y' } }],
    ['username (u) needs password', { redis: { url: 'redis://a', username: 'u' } }],
    ['tls contradicts url (redis://a)', { redis: { url: 'redis://a', tls: { ca: 'x' } } }],
    ['tls (false) contradicts url (rediss://a)', { redis: { url: 'rediss://a', tls: false } }],
    ['coalesceMs', { coalesceMs: 'soon' }],
    ['drainSeconds', { drainSeconds: -1 }],
    ['maxStreams', { maxStreams: 0 }],
    ['maxFeeds', { maxFeeds: 0.5 }],
    ['maxTotalUnsentBytes', { maxTotalUnsentBytes: 1 }],
    ['channels["a.:b"].history.count', { channels: { 'a.:b': { history: { count: 0 } } } }],
    ['"a..b"', { channels: { 'a..b': {} } }],
    ['hartbeat', { hartbeat: 1 }],
  ])('a wrong option %s is named at boot', async (name, options) => {
    await expect(
      NestApp.start({
        imports: [BirdsongModule.forRoot({ channels: CHANNELS, ...options })],
      }),
    ).rejects.toThrow(name);
  });
});
