import { expect, test } from '@jest/globals';
import { isReady, isMessage } from '../harness/event-stream-parser.js';
import { request } from '../harness/http-client.js';
import type { SseReader } from '../harness/sse-reader.js';
import { dataOf, eachLane, eventsUrl, send, sendMany } from './each-broker.js';

const parse = ({ data }: { data: string }) => JSON.parse(data) as unknown;

eachLane('a stream of one channel', (world) => {
  test('opens at once with retry and stream.ready, which carries an id', async () => {
    const app = await world.start({ retryMs: 1234 });
    const channel = world.channel();
    const reader = await world.read(eventsUrl(app, channel));
    const ready = await reader.next();

    expect(reader.status).toBe(200);
    expect(reader.headers['content-type']).toBe('text/event-stream');
    expect(reader.headers['cache-control']).toMatch(/no-store.*no-transform/);
    expect(reader.headers['x-accel-buffering']).toBe('no');
    expect(reader.retry).toBe(1234);
    expect(ready.event).toBe('stream.ready');
    expect(ready.id).toMatch(/^\d+-0$/);
    expect(parse(ready)).toEqual({
      channels: [{ channel, position: ready.id, recovered: false, gap: false }],
      heartbeatSeconds: 15,
    });
  });

  test('has no block without data, from its first byte to its end', async () => {
    const app = await world.start({ heartbeatSeconds: 0.1 });
    const channel = world.channel();
    const reader = await world.read(eventsUrl(app, channel));
    await reader.next(isReady);
    await reader.until(({ comments }) => comments.length > 3);
    await send(app, channel, 'between heartbeats');
    await reader.next(isMessage);
    await reader.until(({ comments }) => comments.length > 6);
    await app.close();

    expect(await reader.ended).toBe('sent away');
    expect(reader.emptyBlockCount).toBe(0);
    expect(reader.body).not.toMatch(/^\n/);
    expect(reader.headers.incremental).toBe('?1');
  });

  test('has heartbeats that an EventSource sees, if they are asked for, which leave it where it is', async () => {
    const app = await world.start({ heartbeatSeconds: 0.1 });
    const channel = world.channel();
    const reader = await world.read(eventsUrl(app, channel, '?heartbeat=event'));
    const { id } = await reader.next(isReady);
    const isHeartbeat = ({ event }: { event: string }) => event === 'stream.heartbeat';
    const [first] = await reader.take(2, isHeartbeat);
    const sent = await send(app, channel, 'between heartbeats');
    await reader.next(isMessage);
    const last = await reader.next((event) => isHeartbeat(event) && event.lastEventId !== id);

    expect(first).toMatchObject({ data: '{}', lastEventId: id });
    expect(first?.id).toBeUndefined();
    expect(last.lastEventId).toBe(sent.id);
    expect(reader.emptyBlockCount).toBe(0);
  });

  test('may begin with everything that is kept, which is no gap', async () => {
    const app = await world.start({
      channels: { 'open.*': { publish: 'anyone', subscribe: 'anyone', history: { count: 3 } } },
    });
    const channel = world.channel();
    const empty = await world.read(eventsUrl(app, channel, '?from=start'));
    expect(parse(await empty.next(isReady))).toMatchObject({
      channels: [{ recovered: false, gap: false }],
    });
    await sendMany(app, channel, 1, 5);
    const reader = await world.read(eventsUrl(app, channel, '?from=start'));
    expect(parse(await reader.next(isReady))).toMatchObject({
      channels: [{ recovered: false, gap: false }],
    });
    expect(dataOf(await reader.take(3))).toEqual([3, 4, 5]);
    const resumed = await world.read(eventsUrl(app, channel, '?from=start'), {
      'Last-Event-ID': reader.events[2]?.id ?? '',
    });
    await send(app, channel, 6);

    expect(dataOf([await reader.next()])).toEqual([6]);
    expect(dataOf(await resumed.take(2, isMessage))).toEqual([5, 6]);
    expect(dataOf(await empty.take(6, isMessage))).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test.each([
    '?from=start&history=5',
    '?from=end',
    '?from=',
    '?heartbeat=ping',
    '?from=start&from=start',
  ])('is refused for %s', async (query) => {
    const app = await world.start();
    const answer = await request(eventsUrl(app, world.channel(), query));

    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'invalid-request' });
  });

  test('a client that disconnects before its first message loses nothing', async () => {
    const app = await world.start();
    const channel = world.channel();
    await send(app, channel, 'before');
    const first = await world.read(eventsUrl(app, channel));
    await first.next(isReady);
    await first.close();
    await send(app, channel, 'while away');
    const second = await world.read(eventsUrl(app, channel), {
      'Last-Event-ID': first.lastEventId,
    });

    expect(parse(await second.next(isReady))).toMatchObject({
      channels: [{ recovered: true, gap: false }],
    });
    expect(dataOf([await second.next(isMessage)])).toEqual(['while away']);
  });

  test.each(['header', 'parameter'])('resumes by the Last-Event-ID %s', async (way) => {
    const app = await world.start();
    const channel = world.channel();
    const accepted = await sendMany(app, channel, 1, 10);
    const id = accepted[3]?.id ?? '';
    const reader =
      way === 'header'
        ? await world.read(eventsUrl(app, channel), { 'Last-Event-ID': id })
        : await world.read(eventsUrl(app, channel, `?lastEventId=${id}`));
    const [ready, ...messages] = await reader.take(7);
    await send(app, channel, 'live');

    expect(ready?.id).toBe(id);
    expect(dataOf(messages)).toEqual([5, 6, 7, 8, 9, 10]);
    expect(messages.map((event) => event.id)).toEqual(accepted.slice(4).map((one) => one.id));
    expect(dataOf([await reader.next()])).toEqual(['live']);
    expect(reader.lastEventId).toBe(messages.at(-1)?.id?.replace('-10', '-11'));
  });

  test('a first connect may begin with the newest messages, and a resume ignores ?history', async () => {
    const app = await world.start();
    const channel = world.channel();
    const accepted = await sendMany(app, channel, 1, 6);
    const first = await world.read(eventsUrl(app, channel, '?history=2'));
    const all = await world.read(eventsUrl(app, channel, '?history=1000'));
    const resumed = await world.read(eventsUrl(app, channel, '?history=5'), {
      'Last-Event-ID': accepted[4]?.id ?? '',
    });

    expect(dataOf(await first.take(2, isMessage))).toEqual([5, 6]);
    expect(parse(await first.next(isReady))).toMatchObject({
      channels: [{ position: accepted[5]?.id, recovered: false, gap: false }],
    });
    expect(dataOf(await all.take(6, isMessage))).toEqual([1, 2, 3, 4, 5, 6]);
    expect(dataOf(await resumed.take(1, isMessage))).toEqual([6]);
  });

  test('trimmed history is reported as a gap, then the rest is replayed', async () => {
    const app = await world.start();
    const channel = world.channel('short');
    const accepted = await sendMany(app, channel, 1, 12);
    const [after, oldest, newest] = [accepted[2]?.id, accepted[7]?.id, accepted[11]?.id];
    const reader = await world.read(eventsUrl(app, channel), { 'Last-Event-ID': after ?? '' });
    const [ready, gap, ...messages] = await reader.take(7);

    expect(parse(ready ?? { data: '' })).toEqual({
      channels: [{ channel, position: newest, recovered: false, gap: true }],
      heartbeatSeconds: 15,
    });
    expect(gap?.event).toBe('stream.gap');
    // The gap has no id: a client that reconnects now resumes where this stream began.
    expect(gap?.lastEventId).toBe(ready?.lastEventId);
    expect(parse(gap ?? { data: '' })).toEqual({ channel, after, oldest });
    expect(dataOf(messages)).toEqual([8, 9, 10, 11, 12]);
  });

  test.each([
    ['garbage', () => 'garbage'],
    ['a cursor that is none', () => '~~~'],
    ['10 kB', () => '9'.repeat(10_000)],
    ['another epoch', (id: string) => `1-${id.split('-')[1] ?? ''}`],
    ['the future', (id: string) => id.replace(/-\d+$/, '-99')],
  ])('a Last-Event-ID of %s is a gap, not an error', async (_name, spoil) => {
    const app = await world.start();
    const channel = world.channel();
    const accepted = await sendMany(app, channel, 1, 3);
    const sent = spoil(accepted[2]?.id ?? '');
    const reader = await world.read(eventsUrl(app, channel), { 'Last-Event-ID': sent });
    const [ready, gap, ...messages] = await reader.take(5);
    await send(app, channel, 4);

    expect(reader.status).toBe(200);
    expect(parse(ready ?? { data: '' })).toMatchObject({ channels: [{ gap: true }] });
    expect(parse(gap ?? { data: '' })).toEqual({
      channel,
      after: /^\d{1,15}-\d{1,15}$/.test(sent) ? sent : null,
      oldest: accepted[0]?.id,
    });
    expect(dataOf(messages)).toEqual([1, 2, 3]);
    expect(dataOf([await reader.next()])).toEqual([4]);
  });

  test('a gap in a channel without messages has no oldest, and the next message is delivered', async () => {
    const app = await world.start();
    const channel = world.channel();
    const reader = await world.read(eventsUrl(app, channel), { 'Last-Event-ID': '1-1' });
    const [, gap] = await reader.take(2);
    await send(app, channel, 'first');

    expect(parse(gap ?? { data: '' })).toEqual({ channel, after: '1-1', oldest: null });
    expect(dataOf([await reader.next()])).toEqual(['first']);
  });

  test('silence is broken by something that is no event and moves no id', async () => {
    const app = await world.start({ heartbeatSeconds: 0.1 });
    const reader = await world.read(eventsUrl(app, world.channel()));
    const ready = await reader.next();
    const lengths = new Set<number>();
    await reader.until(({ body }) => lengths.add(body.length).size > 3);

    expect(reader.events).toHaveLength(1);
    expect(reader.lastEventId).toBe(ready.lastEventId);
  });

  test('replay and live join without a hole or a repeat while messages pour in', async () => {
    const app = await world.start();
    const channel = world.channel('long');
    let isOver = false;
    let sent = 0;
    // Eight senders, as fast as they are answered, while anyone reads.
    const pouring = Array.from({ length: 8 }, async () => {
      while (!isOver) {
        await send(app, channel, ++sent);
      }
    });
    const watcher = await world.read(eventsUrl(app, channel));

    // Readers that connect, read a while, leave and resume.
    const roam = async () => {
      const ids: string[] = [];
      let lastEventId: string | undefined;
      const readUntil = async (isEnough: (reader: SseReader) => boolean) => {
        const reader = await world.read(
          eventsUrl(app, channel),
          lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId },
        );
        await reader.until(isEnough);
        await reader.close();
        ids.push(...reader.events.filter(isMessage).map((event) => event.id ?? ''));
        lastEventId = reader.lastEventId;
      };
      for (let round = 0; round < 25; round++) {
        const wanted = 1 + Math.floor(Math.random() * 100);
        await readUntil(({ events }) => events.length > wanted);
      }
      return { ids, readUntil };
    };
    const roamers = await Promise.all([roam(), roam(), roam(), roam()]);
    isOver = true;
    await Promise.all(pouring);
    const newest = offset((await send(app, channel, 'the end')).id);
    const hasAll = ({ lastEventId }: SseReader) => offset(lastEventId) === newest;
    await Promise.all([watcher.until(hasAll), ...roamers.map((one) => one.readUntil(hasAll))]);

    const watched = watcher.events.filter(isMessage).map((event) => event.id ?? '');
    for (const ids of [watched, ...roamers.map((one) => one.ids)]) {
      const offsets = ids.map(offset);
      const first = offsets[0] ?? 0;
      expect(offsets).toEqual(
        Array.from({ length: newest - first + 1 }, (_, index) => first + index),
      );
      expect(offsets.length).toBeGreaterThan(100);
    }
  });
});

const offset = (id: string): number => Number(id.split('-')[1]);
