import { expect, test } from '@jest/globals';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Birdsong, type PolicyOptions } from '../../src/index.js';
import { isMessage, isReady } from '../harness/event-stream-parser.js';
import type { NestApp } from '../harness/nest-app.js';
import type { SseReader } from '../harness/sse-reader.js';
import { until } from '../harness/until.js';
import { dataOf, eachLane, eventsUrl, post, type World } from './each-broker.js';

const MIB = 1024 * 1024;
const PADDING = 'x'.repeat(50_000);
const TEXT = 'x'.repeat(4000);
const COUNT = 300;

const open = (slowReader: PolicyOptions['slowReader']): PolicyOptions => ({
  publish: 'anyone',
  subscribe: 'anyone',
  history: { count: 1000 },
  ...(slowReader && { slowReader }),
});

const numbersOf = (reader: SseReader): number[] =>
  dataOf(reader.events.filter(isMessage)).map((data) => (data as { number: number }).number);

const gapsOf = (reader: SseReader): { after: string; oldest: string }[] =>
  reader.events
    .filter(({ event }) => event === 'stream.gap')
    .map(({ data }) => JSON.parse(data) as { after: string; oldest: string });

/** Two readers of a channel. One stops reading while far more is sent than its socket takes. */
async function overrun(
  world: World,
  slowReader: PolicyOptions['slowReader'],
): Promise<{ app: NestApp; channel: string; slow: SseReader; quick: SseReader }> {
  const app = await world.start({
    channels: { 'open.*': open(slowReader) },
    maxUnsentBytes: 150_000,
    heartbeatSeconds: 30,
  });
  const channel = world.channel();
  const [slow, quick] = [
    await world.read(eventsUrl(app, channel)),
    await world.read(eventsUrl(app, channel)),
  ];
  await Promise.all([slow.next(), quick.next()]);
  slow.pause();
  for (let number = 1; number <= COUNT; number++) {
    await post(app, channel, { data: { number, PADDING } });
    await quick.next();
  }
  return { app, channel, slow, quick };
}

/** Resolves once the server has decided to end the stream of this channel. */
async function untilGone(app: NestApp, channel: string): Promise<void> {
  await until(
    'the server ends the stream',
    () => app.app.get(Birdsong).connections.list({ channel }).length === 0,
  );
}

const all = Array.from({ length: COUNT }, (_, index) => index + 1);
const offset = (id: string) => Number(id.split('-')[1]);

eachLane('a reader that does not read', (world) => {
  test('loses nothing if it reads again', async () => {
    const { slow, quick } = await overrun(world, undefined);
    slow.resume();
    await slow.until(({ lastEventId }) => lastEventId === quick.lastEventId);

    expect(numbersOf(slow)).toEqual(all);
    expect(gapsOf(slow)).toEqual([]);
  });

  test('continues with the newest messages that fit, after a gap, if the policy is drop-oldest', async () => {
    const { slow, quick } = await overrun(world, 'drop-oldest');
    slow.resume();
    await slow.until(({ lastEventId }) => lastEventId === quick.lastEventId);

    const gaps = gapsOf(slow);
    expect(gaps.length).toBeGreaterThan(0);
    // It has everything that no gap covers, once and in order.
    const missed = new Set(
      gaps.flatMap(({ after, oldest }) =>
        all.filter((number) => number > offset(after) && number < offset(oldest)),
      ),
    );
    expect(numbersOf(slow)).toEqual(all.filter((number) => !missed.has(number)));
    expect(numbersOf(slow).length).toBeLessThan(COUNT);
    expect(numbersOf(quick)).toEqual(all);
  });

  test('continues with the newest message if the policy is latest-only', async () => {
    const { app, channel, slow } = await overrun(world, 'latest-only');
    slow.resume();
    await slow.until(() => numbersOf(slow).at(-1) === COUNT);
    await post(app, channel, { data: { number: COUNT + 1 } });
    await slow.until(() => numbersOf(slow).at(-1) === COUNT + 1);

    const numbers = numbersOf(slow);
    expect(numbers.slice(-2)).toEqual([COUNT, COUNT + 1]);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(gapsOf(slow).at(-1)?.oldest).toMatch(new RegExp(`-${COUNT}$`));
    expect(numbers.at(-3)).toBe(offset(gapsOf(slow).at(-1)?.after ?? ''));
  });

  test('is ended, then cut off, if it takes nothing for longer than a heartbeat, and resumes without loss', async () => {
    const app = await world.start({
      channels: { 'open.*': open('close') },
      maxUnsentBytes: 150_000,
      heartbeatSeconds: 1,
    });
    const channel = world.channel();
    const connected = once(app.server, 'connection') as Promise<[Socket]>;
    const slow = await world.read(eventsUrl(app, channel));
    const [socket] = await connected;
    await slow.next();
    slow.pause();
    const closed = once(socket, 'close');
    for (let number = 1; number <= COUNT; number++) {
      await post(app, channel, { data: { number, PADDING } });
    }
    await closed;
    slow.resume();
    expect(await slow.ended).toBe('broken');
    const again = await world.read(eventsUrl(app, channel, '?history=1000'), {
      'Last-Event-ID': slow.lastEventId,
    });
    await again.take(COUNT - numbersOf(slow).length, isMessage);

    expect([...numbersOf(slow), ...numbersOf(again)]).toEqual(all);
  });

  test('is told why if it reads again before it is cut off', async () => {
    const app = await world.start({
      channels: { 'open.*': open('close') },
      maxUnsentBytes: 150_000,
      heartbeatSeconds: 2,
    });
    const channel = world.channel();
    const slow = await world.read(eventsUrl(app, channel));
    await slow.next();
    slow.pause();
    for (let number = 1; number <= COUNT; number++) {
      await post(app, channel, { data: { number, PADDING } });
    }
    await untilGone(app, channel);
    slow.resume();

    expect(await slow.ended).toBe('sent away');
    expect(slow.events.at(-1)?.data).toBe('{"reason":"slow-reader","reconnect":true}');
  });
});

eachLane('a reader that takes what it is sent', (world) => {
  test('is not slow, however much is sent at once', async () => {
    const app = await world.start();
    const channel = world.channel();
    const readers = await Promise.all(
      Array.from({ length: 10 }, () => world.read(eventsUrl(app, channel))),
    );
    await Promise.all(readers.map((reader) => reader.next(isReady)));
    const birdsong = app.app.get(Birdsong);
    const messages = all.concat(all, all).map((number) => ({ data: { number, text: TEXT } }));
    await Promise.all([
      birdsong.publishBatch(channel, messages),
      birdsong.publishBatch(channel, messages),
    ]);
    const isLast = (data = '') => data.includes('"number":0}');
    await birdsong.publish(channel, { number: 0 });
    await Promise.all(
      readers.map((reader) => reader.until(({ events }) => isLast(events.at(-1)?.data))),
    );

    const expected = [...messages, ...messages].map(({ data }) => data.number).concat(0);
    for (const reader of readers) {
      expect(numbersOf(reader)).toEqual(expected);
      expect(reader.isOpen).toBe(true);
    }
  });

  test('is not slow while it takes a part of one message, however long that lasts', async () => {
    const app = await world.start({ heartbeatSeconds: 0.5, maxMessageBytes: 16 * MIB });
    const channel = world.channel();
    const reader = await world.read(eventsUrl(app, channel));
    await reader.next(isReady);
    const begunMs = performance.now();
    reader.readSlowly(15);
    await app.app.get(Birdsong).publish(channel, 'x'.repeat(15 * MIB));
    await reader.next(isMessage);

    // Long enough to be ended twice over if it took nothing.
    expect(performance.now() - begunMs).toBeGreaterThan(1000);
    expect(reader.isOpen).toBe(true);
  });
});

eachLane('a node with no memory for recent messages', (world) => {
  test('serves readers from the broker instead', async () => {
    const app = await world.start({ maxRingBytes: 0 });
    const channel = world.channel();
    for (let number = 1; number <= 20; number++) {
      await post(app, channel, { data: { number } });
    }
    const reader = await world.read(eventsUrl(app, channel, '?history=1000'));
    await reader.take(20, isMessage);
    await post(app, channel, { data: { number: 21 } });
    await reader.next(isMessage);
    const resumed = await world.read(eventsUrl(app, channel), {
      'Last-Event-ID': reader.events[5]?.id ?? '',
    });
    await resumed.until(({ lastEventId }) => lastEventId === reader.lastEventId);

    expect(numbersOf(reader)).toEqual(all.slice(0, 21));
    expect(numbersOf(resumed)).toEqual(all.slice(5, 21));
  });
});
