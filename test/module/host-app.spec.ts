import { afterEach, describe, expect, test } from '@jest/globals';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { Birdsong, BirdsongModule, type Receipt } from '../../src/index.js';
import { request } from '../harness/http-client.js';
import { dataOf, HostWorld, publish } from './host-world.js';
import { seen, SeeingInterceptor } from './shop-app.js';

describe('in a host app', () => {
  const world = new HostWorld();

  afterEach(async () => {
    await world.close();
    seen.length = 0;
  });

  test('a handler streams what a service publishes, with history and resume', async () => {
    const app = await world.start();
    await publish(app, 'orders.1', 'placed');
    const first = await world.open(app, 'shop/orders/1/events?token=mine');
    await publish(app, 'orders.1', 'packed', 'progress');
    const [ready, placed, packed] = await first.take(3);
    await first.close();
    await publish(app, 'orders.1', 'shipped');
    const second = await world.open(app, 'shop/orders/1/events?token=mine', {
      'Last-Event-ID': first.lastEventId,
    });
    const [again, shipped] = await second.take(2);

    expect([ready?.event, again?.event]).toEqual(['stream.ready', 'stream.ready']);
    expect([placed, packed, shipped].map((event) => event && dataOf(event))).toEqual([
      'placed',
      'packed',
      'shipped',
    ]);
    expect(packed?.event).toBe('progress');
  });

  test('its guards and pipes refuse before the stream opens, with their own status', async () => {
    const app = await world.start();
    const guarded = await request(`${app.url}/shop/orders/1/events`);
    const piped = await request(`${app.url}/shop/orders/one/events?token=mine`);

    expect([guarded.status, guarded.json()]).toEqual([
      403,
      expect.objectContaining({ message: 'Not your order' }),
    ]);
    expect(piped.status).toBe(400);
  });

  test('an unknown channel is answered with its status, by the app’s own filters', async () => {
    const app = await world.start();
    const answer = await request(`${app.url}/shop/unknown`);

    expect([answer.status, answer.json()]).toEqual([
      404,
      expect.objectContaining({ code: 'unknown-channel' }),
    ]);
  });

  test('policies keep outsiders from channels that the app streams itself', async () => {
    const app = await world.start();
    const url = `${app.url}/channels/orders.1`;

    expect((await request(`${url}/events`)).status).toBe(403);
    expect((await request(`${url}/messages`)).status).toBe(403);
    expect((await request(`${url}/messages`, { json: { data: 1 } })).status).toBe(403);
  });

  test('interceptors run before the stream, and messages come through', async () => {
    const app = await world.start({
      providers: [{ provide: APP_INTERCEPTOR, useClass: SeeingInterceptor }],
    });
    const reader = await world.open(app, 'shop/intercepted');
    await reader.next();
    await publish(app, 'orders.2', 'two');

    expect(dataOf(await reader.next())).toBe('two');
    expect(seen.filter((line) => line === 'before intercepted')).toHaveLength(2);
    const own = await world.open(app, 'channels/open.a/events');
    await own.next();
    await publish(app, 'open.a', 'own route');
    expect(dataOf(await own.next())).toBe('own route');
  });

  test('a handler may be async', async () => {
    const app = await world.start();
    const reader = await world.open(app, 'shop/late');
    await reader.next();
    await publish(app, 'orders.1', 'on time');

    expect(dataOf(await reader.next())).toBe('on time');
  });

  test('@SseSignal() is aborted when the client leaves, and not before', async () => {
    const app = await world.start();
    const watcher = await world.open(app, 'channels/open.signal/events');
    const reader = await world.open(app, 'shop/signal');
    await Promise.all([watcher.next(), reader.next()]);
    await publish(app, 'orders.1', 'still here');
    await reader.next();
    expect(watcher.events).toHaveLength(1);
    await reader.close();

    expect(dataOf(await watcher.next())).toBe('aborted');
  });

  test('observe() lets a handler filter and map for each reader', async () => {
    const app = await world.start();
    const reader = await world.open(app, 'shop/shouted');
    // Its subscription is known by what it delivers, so it is told until it does.
    const told = { isEnough: false };
    const telling = (async () => {
      while (!told.isEnough) {
        await publish(app, 'orders.1', 'not a note');
        await publish(app, 'orders.1', 'quiet', 'note');
        await new Promise(setImmediate);
      }
    })();
    const event = await reader.next();
    told.isEnough = true;
    await telling;

    expect([event.event, event.data]).toEqual(['message', 'QUIET']);
    expect(event.id).toMatch(/^\d+-\d+$/);
  });

  test('observe() begins after a position, and says where messages are lost', async () => {
    const app = await world.start({
      imports: [BirdsongModule.forRoot({ channels: { 'orders.:id': { history: { count: 2 } } } })],
    });
    const accepted: Receipt[] = [];
    for (const data of [1, 2, 3, 4]) {
      accepted.push(await publish(app, 'orders.1', data));
    }
    const received: { type: string; data: unknown }[] = [];
    await new Promise<void>((resolve, reject) => {
      const subscription = app.app
        .get(Birdsong)
        .observe('orders.1', { after: accepted[0]?.id ?? '' })
        .subscribe({
          next: ({ type, data }) => {
            received.push({ type, data });
            if (received.length === 3) {
              subscription.unsubscribe();
              resolve();
            }
          },
          error: reject,
        });
    });

    expect(received).toEqual([
      { type: 'stream.gap', data: { after: accepted[0]?.id, oldest: accepted[2]?.id } },
      { type: 'message', data: 3 },
      { type: 'message', data: 4 },
    ]);
  });

  test('history() reads what was published', async () => {
    const app = await world.start();
    for (const data of [1, 2, 3]) {
      await publish(app, 'orders.1', data);
    }

    expect((await request(`${app.url}/shop/history`)).json()).toEqual([2, 3]);
  });

  test('close() ends open streams in each lane, and does not hang', async () => {
    const app = await world.start();
    const streams = [
      await world.open(app, 'shop/orders/1/events?token=mine'),
      await world.open(app, 'shop/intercepted'),
      await world.open(app, 'channels/open.a/events'),
    ];
    await Promise.all(streams.map((reader) => reader.next()));
    await app.close();

    for (const reader of streams) {
      expect(await reader.ended).toBe('sent away');
      expect(reader.events.at(-1)).toMatchObject({
        event: 'stream.closing',
        data: '{"reason":"shutdown","reconnect":true}',
      });
    }
  });
});
