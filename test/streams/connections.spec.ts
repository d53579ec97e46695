import { afterEach, describe, expect, test } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import {
  Birdsong,
  BirdsongModule,
  GapEvent,
  ReaderJoinedEvent,
  ReaderLeftEvent,
  StreamEndedEvent,
} from '../../src/index.js';
import { LANES } from '../harness/lanes.js';
import { NestApp } from '../harness/nest-app.js';
import { SseReader } from '../harness/sse-reader.js';
import { until } from '../harness/until.js';

@Injectable()
class Diary {
  readonly lines: string[] = [];

  @OnEvent(ReaderJoinedEvent.NAME)
  joined({ channel, identity, first }: ReaderJoinedEvent): void {
    this.lines.push(`${identity?.id ?? 'nobody'} joined ${channel}${first ? ', first' : ''}`);
  }

  @OnEvent(ReaderLeftEvent.NAME)
  left({ channel, identity, last }: ReaderLeftEvent): void {
    this.lines.push(`${identity?.id ?? 'nobody'} left ${channel}${last ? ', last' : ''}`);
  }

  @OnEvent(StreamEndedEvent.NAME)
  ended({ reason, channels, identity }: StreamEndedEvent): void {
    this.lines.push(`${identity?.id ?? 'nobody'} ended: ${reason}, ${channels.join(' ')}`);
  }

  @OnEvent(GapEvent.NAME)
  gap({ channel, after, oldest }: GapEvent): void {
    this.lines.push(`gap in ${channel} after ${after ?? 'nothing'}, ${oldest ?? 'nothing kept'}`);
  }
}

describe.each(LANES)('connections in the %s lane', (lane) => {
  let host: NestApp;
  const readers: SseReader[] = [];

  const start = async () => {
    host = await NestApp.start({
      imports: [
        BirdsongModule.forRoot({
          lane,
          channels: { 'room.*': { subscribe: 'anyone' } },
          identify: (request) => {
            const { who } = (request as { query: { who?: string } }).query;
            return who === undefined ? undefined : { id: who };
          },
        }),
      ],
      providers: [Diary],
    });
    return host.app.get(Birdsong);
  };

  async function open(channels: string, who?: string, lastEventId?: string): Promise<SseReader> {
    const query = channels.split(' ').map((channel) => `channel=${channel}`);
    const url = `${host.url}/events?${query.join('&')}${who ? `&who=${who}` : ''}`;
    const headers = lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId };
    const reader = await SseReader.open(url, { headers });
    readers.push(reader);
    await reader.next(({ event }) => event === 'stream.ready');
    return reader;
  }

  const toldOf = (count: number) =>
    until(`${count} lines`, () => Promise.resolve(host.app.get(Diary).lines.length >= count)).then(
      () => host.app.get(Diary).lines,
    );

  afterEach(async () => {
    await Promise.all(readers.splice(0).map((reader) => reader.close()));
    await host.close();
  });

  test('are listed by identity and by channel', async () => {
    const { connections } = await start();
    await open('room.a', 'ada');
    await open('room.a room.b', 'bob');
    await open('room.b');
    const all = connections.list();

    expect(all.map(({ identity, channels }) => [identity, channels])).toEqual([
      ['ada', ['room.a']],
      ['bob', ['room.a', 'room.b']],
      [undefined, ['room.b']],
    ]);
    expect(new Set(all.map(({ id }) => id)).size).toBe(3);
    expect(connections.list({ channel: 'room.b' })).toEqual(all.slice(1));
    expect(connections.list({ identity: 'bob' })).toEqual([all[1]]);
    expect(connections.list({ identity: 'bob', channel: 'room.c' })).toEqual([]);
    expect(connections.list({ id: all[2]?.id })).toEqual([all[2]]);
  });

  test('are ended by id, identity and channel, and told why', async () => {
    const { connections } = await start();
    const ada = await open('room.a', 'ada');
    const bob = [await open('room.a', 'bob'), await open('room.b', 'bob')];
    const nobody = await open('room.c');
    const [first] = connections.list({ identity: 'ada' });

    expect(connections.end({ id: first?.id })).toBe(1);
    expect(connections.end({ identity: 'bob' }, { reason: 'token-expired', reconnect: true })).toBe(
      2,
    );
    expect(connections.end({ channel: 'room.c' })).toBe(1);
    expect(connections.end({ channel: 'room.d' })).toBe(0);
    expect(() => connections.end({})).toThrow('needs an id');

    const closingOf = async (reader: SseReader) => {
      const { data } = await reader.next(({ event }) => event === 'stream.closing');
      const closing = JSON.parse(data) as { reconnect: boolean };
      expect(await reader.ended).toBe(closing.reconnect ? 'sent away' : 'complete');
      return closing;
    };
    expect(await closingOf(ada)).toEqual({ reason: 'revoked', reconnect: false });
    for (const reader of bob) {
      expect(await closingOf(reader)).toEqual({ reason: 'token-expired', reconnect: true });
    }
    expect(await closingOf(nobody)).toEqual({ reason: 'revoked', reconnect: false });
  });

  test('emit events: who joined, who left, why, and what was missed', async () => {
    const birdsong = await start();
    const ada = await open('room.a', 'ada');
    const bob = await open('room.a room.b', 'bob');
    await ada.close();
    await toldOf(5);
    birdsong.connections.end({ identity: 'bob' });
    await bob.ended;
    await open('room.c', undefined, '1-5');

    expect(await toldOf(10)).toEqual([
      'ada joined room.a, first',
      'bob joined room.a',
      'bob joined room.b, first',
      'ada left room.a',
      'ada ended: client-left, room.a',
      'bob left room.a, last',
      'bob left room.b, last',
      'bob ended: revoked, room.a room.b',
      'nobody joined room.c, first',
      'gap in room.c after 1-5, nothing kept',
    ]);
  });
});
