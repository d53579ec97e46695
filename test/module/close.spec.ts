import { afterEach, describe, expect, test } from '@jest/globals';
import { Controller, Sse, type MessageEvent } from '@nestjs/common';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { map, type Observable } from 'rxjs';
import { Birdsong, BirdsongModule } from '../../src/index.js';
import { request } from '../harness/http-client.js';
import { HostWorld, publish } from './host-world.js';
import { CHANNELS } from './shop-app.js';

const READERS = 300;

@Controller('told')
class TellingController {
  constructor(private readonly birdsong: Birdsong) {}

  @Sse()
  told(): Observable<MessageEvent> {
    return this.birdsong.observe('open.close').pipe(map(({ data }) => ({ data: String(data) })));
  }
}

describe('close() of an app', () => {
  const world = new HostWorld();
  const sockets: Socket[] = [];

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await world.close();
  });

  const start = (drainSeconds: number) =>
    world.start({
      imports: [BirdsongModule.forRoot({ channels: CHANNELS, drainSeconds })],
      controllers: [TellingController],
    });

  test('sends readers away in waves, and each reads on until its turn', async () => {
    const app = await start(10);
    const readers = await Promise.all(
      Array.from({ length: READERS }, () => world.open(app, 'channels/open.close/events')),
    );
    await Promise.all(readers.map((reader) => reader.next()));
    const closing = app.close();
    await readers[0]?.next(({ event }) => event === 'stream.closing');
    await publish(app, 'open.close', 'a last word');
    await closing;

    const last = readers.at(-1);
    await last?.ended;
    expect(last?.events.map(({ event }) => event)).toEqual([
      'stream.ready',
      'message',
      'stream.closing',
    ]);
    for (const reader of readers) {
      expect(await reader.ended).toBe('sent away');
      expect(reader.retry).toBeGreaterThanOrEqual(2000);
    }
  });

  test('sends all away at once if drainSeconds is 0', async () => {
    const app = await start(0);
    const readers = await Promise.all(
      Array.from({ length: READERS }, () => world.open(app, 'channels/open.close/events')),
    );
    await Promise.all(readers.map((reader) => reader.next()));
    const closing = app.close();
    await readers[0]?.next(({ event }) => event === 'stream.closing');
    await publish(app, 'open.close', 'for nobody').catch(() => undefined);
    await closing;
    await Promise.all(readers.map((reader) => reader.ended));

    expect(readers.flatMap(({ events }) => events).map(({ event }) => event)).not.toContain(
      'message',
    );
  });

  test('does not hang on clients that wait, do not read or do not finish their request', async () => {
    const app = await start(10);
    const watcher = await world.open(app, 'channels/open.close/events');
    await watcher.next();
    const [slow, told] = [
      await world.open(app, 'channels/open.close/events'),
      await world.open(app, 'told'),
    ];
    slow.pause();
    told.pause();
    for (let count = 0; count < 150; count++) {
      await publish(app, 'open.close', 'x'.repeat(60_000));
    }
    await watcher.take(150);
    const unfinished = connect(app.port, '127.0.0.1').on('error', () => undefined);
    sockets.push(unfinished);
    await once(unfinished, 'connect');
    unfinished.write('POST /channels/open.close/messages HTTP/1.1\r\nContent-Le');
    const poll = request(
      `${app.url}/channels/open.close/messages?wait=30&after=${watcher.lastEventId}`,
    );
    await request(`${app.url}/channels/open.close/messages?limit=1`);
    await app.close();

    expect((await poll).json()).toMatchObject({ messages: [], position: watcher.lastEventId });
    expect(await watcher.ended).toBe('sent away');
  });
});
