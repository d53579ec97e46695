import { expect, test } from '@jest/globals';
import { EventStreamParser, isMessage } from '../harness/event-stream-parser.js';
import { rawRequest, request } from '../harness/http-client.js';
import type { NestApp } from '../harness/nest-app.js';
import { dataOf, eachLane, send } from './each-broker.js';

const url = (app: NestApp, channels: readonly string[], query = '') =>
  `${app.url}/events?${channels.map((channel) => `channel=${channel}`).join('&')}${query}`;

const parse = ({ data }: { data: string }) => JSON.parse(data) as { channel: string };

const parseReady = ({ data }: { data: string }) =>
  (JSON.parse(data) as { channels: { recovered: boolean }[] }).channels;

eachLane('a stream of several channels', (world) => {
  test('carries the messages of all channels, each with a cursor', async () => {
    const app = await world.start();
    const channels = [world.channel(), world.channel(), world.channel()];
    const reader = await world.read(url(app, channels));
    const ready = await reader.next();
    for (const channel of channels) {
      await send(app, channel, `in ${channel}`);
      await reader.next();
    }

    expect(parse(ready)).toMatchObject({ channels: channels.map((channel) => ({ channel })) });
    expect(ready.id).toMatch(/^\*/);
    const messages = reader.events.filter(isMessage);
    expect(dataOf(messages)).toEqual(channels.map((channel) => `in ${channel}`));
    expect(messages.every(({ id }) => id?.startsWith('*'))).toBe(true);
    expect(new Set(messages.map(({ id }) => id)).size).toBe(3);
  });

  test('resumes each channel where it was, whichever had messages meanwhile', async () => {
    const app = await world.start();
    const channels = [world.channel(), world.channel(), world.channel()] as const;
    const first = await world.read(url(app, channels));
    await first.next();
    await send(app, channels[0], 'seen');
    await first.next();
    await first.close();
    await send(app, channels[0], 'a');
    await send(app, channels[1], 'b');
    const second = await world.read(url(app, channels), { 'Last-Event-ID': first.lastEventId });
    const events = await second.take(3);

    expect(parse(events[0] ?? { data: '' })).toMatchObject({
      channels: channels.map(() => ({ recovered: true, gap: false })),
    });
    expect(dataOf(events.slice(1)).sort()).toEqual(['a', 'b']);
    await send(app, channels[2], 'c');
    expect(dataOf([await second.next()])).toEqual(['c']);
  });

  test('is opened only if it can be resumed, whatever the length of its names', async () => {
    const app = await world.start();
    const nameOf = (length: number, index: number) => `open.${index}.`.padEnd(length, 'n');
    // Beside what a browser sends.
    const Cookie = `session=${'x'.repeat(700)}`;
    const statuses = [];
    for (const length of [40, 128, 126, 124, 123, 122, 121, 120, 118]) {
      const channels = Array.from({ length: 100 }, (_, index) => nameOf(length, index));
      const answer = await request(url(app, channels), { method: 'HEAD', headers: { Cookie } });
      statuses.push(answer.status);
      if (answer.status === 200) {
        const reader = await world.read(url(app, channels), { Cookie });
        await reader.next();
        await reader.close();
        const headers = { Cookie, 'Last-Event-ID': reader.lastEventId };
        const again = await world.read(url(app, channels), headers);
        expect(again.status).toBe(200);
        expect(parseReady(await again.next()).every(({ recovered }) => recovered)).toBe(true);
      }
    }
    expect(statuses[0]).toBe(200);
    expect(statuses[1]).toBe(400);
    const channels = Array.from({ length: 100 }, (_, index) => nameOf(128, index));
    const refused = await request(url(app, channels), { headers: { Cookie } });
    expect(refused.json()).toMatchObject({ code: 'invalid-request' });
    expect((refused.json() as { detail: string }).detail).toContain('could not resume');
  });

  test('completes over connections that each break after 20 kB', async () => {
    const app = await world.start();
    const channels = [world.channel(), world.channel()];
    const start = await world.read(url(app, channels));
    let cursor = (await start.next()).id ?? '';
    await start.close();
    const padding = 'x'.repeat(200);
    const messages = Array.from({ length: 200 }, (_, number) => ({ data: { number, padding } }));
    for (const channel of channels) {
      await request(`${app.url}/channels/${channel}/messages/batch`, { json: { messages } });
    }
    const last = `-200","channel":"${channels[1]}","type":"message","data":{"number":199`;
    const seen = new Set<string>();
    for (let connection = 1; connection <= 20 && seen.size < 400; connection++) {
      const { pathname, search } = new URL(url(app, channels));
      const text = await rawRequest(
        app.port,
        // In HTTP/1.0 the stream follows the head without chunks.
        `GET ${pathname}${search} HTTP/1.0\r\nLast-Event-ID: ${cursor}\r\n\r\n`,
        { until: (all) => all.length > 20_000 || all.includes(last) },
      );
      const parser = new EventStreamParser((event) => {
        if (isMessage(event)) seen.add(event.data);
      });
      parser.push(Buffer.from(text.slice(text.indexOf('\r\n\r\n'), 20_000)));
      cursor = parser.lastEventId || cursor;
    }

    expect(seen.size).toBe(400);
  });

  test('a batch is delivered whole, and a resume from its cursor repeats nothing', async () => {
    const app = await world.start();
    const channels = [world.channel(), world.channel()] as const;
    const reader = await world.read(url(app, channels));
    await reader.next();
    await Promise.all(Array.from({ length: 50 }, (_, number) => send(app, channels[0], number)));
    await reader.take(50);
    await reader.close();
    await send(app, channels[0], 'next');
    const again = await world.read(url(app, channels), { 'Last-Event-ID': reader.lastEventId });

    expect(dataOf([await again.next(isMessage)])).toEqual(['next']);
    expect(new Set(dataOf(reader.events.slice(1))).size).toBe(50);
  });

  test('a cursor stays valid when channels are added or removed', async () => {
    const app = await world.start();
    const [one, two, three] = [world.channel(), world.channel(), world.channel()];
    const first = await world.read(url(app, [one, two]));
    await first.next();
    await first.close();
    await send(app, one, 'one');
    await send(app, two, 'two');
    await send(app, three, 'before it was added');
    const changed = await world.read(url(app, [three, two]), {
      'Last-Event-ID': first.lastEventId,
    });
    const alone = await world.read(url(app, [one]), { 'Last-Event-ID': first.lastEventId });

    expect(parse(await changed.next())).toMatchObject({
      channels: [
        { channel: three, recovered: false, gap: false },
        { channel: two, recovered: true, gap: false },
      ],
    });
    expect(dataOf([await changed.next(isMessage)])).toEqual(['two']);
    expect(dataOf([await alone.next(isMessage)])).toEqual(['one']);
    await send(app, three, 'after');
    expect(dataOf([await changed.next(isMessage)])).toEqual(['after']);
  });

  test('garbage in place of a cursor is a gap in every channel', async () => {
    const app = await world.start();
    const channels = [world.channel(), world.channel()];
    const reader = await world.read(url(app, channels), { 'Last-Event-ID': '17-3' });
    const [ready, ...gaps] = await reader.take(3);

    expect(parse(ready ?? { data: '' })).toMatchObject({
      channels: [{ gap: true }, { gap: true }],
    });
    expect(gaps.map((gap) => parse(gap).channel)).toEqual(channels);
  });

  test('?history=N begins with the last N of each channel', async () => {
    const app = await world.start();
    const channels = [world.channel(), world.channel()] as const;
    for (const number of [1, 2, 3]) {
      await send(app, channels[0], `a${number}`);
      await send(app, channels[1], `b${number}`);
    }
    const reader = await world.read(url(app, channels, '&history=2'));

    expect(dataOf(await reader.take(4, isMessage)).sort()).toEqual(['a2', 'a3', 'b2', 'b3']);
  });

  test('too many channels, none, or duplicates are refused', async () => {
    const app = await world.start({ maxChannelsPerStream: 2 });
    const status = async (channels: readonly string[]) =>
      (await request(url(app, channels))).status;

    expect(await status(['open.a', 'open.b', 'open.c'])).toBe(400);
    expect(await status(['open.a', 'open.a'])).toBe(400);
    expect(await status([])).toBe(400);
    expect(await status(['open.a', 'nowhere'])).toBe(404);
  });
});
