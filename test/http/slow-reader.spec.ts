import { expect, test } from '@jest/globals';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { PolicyOptions } from '../../src/index.js';
import { isMessage } from '../harness/event-stream-parser.js';
import type { NestApp } from '../harness/nest-app.js';
import type { SseReader } from '../harness/sse-reader.js';
import { dataOf, eachLane, eventsUrl, post, type World } from './each-broker.js';

const PADDING = 'x'.repeat(50_000);
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

const all = Array.from({ length: COUNT }, (_, index) => index + 1);
const offset = (id: string) => Number(id.split('-')[1]);

eachLane('a reader that does not read', (world) => {
  test('is told, ended, and resumes by its Last-Event-ID without loss', async () => {
    const { app, channel, slow, quick } = await overrun(world, undefined);
    slow.resume();

    expect(await slow.ended).toBe('sent away');
    expect(slow.events.at(-1)).toMatchObject({
      event: 'stream.closing',
      data: '{"reason":"slow-reader","reconnect":true}',
    });
    const again = await world.read(eventsUrl(app, channel), { 'Last-Event-ID': slow.lastEventId });
    await again.until(({ lastEventId }) => lastEventId === quick.lastEventId);
    expect([...numbersOf(slow), ...numbersOf(again)]).toEqual(all);
    expect(numbersOf(quick)).toEqual(all);
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

  test('is cut off if it does not even take the end of its stream', async () => {
    const app = await world.start({
      channels: { 'open.*': open('close') },
      // More than the kernel can still take once nothing is added.
      maxUnsentBytes: 4_000_000,
      heartbeatSeconds: 0.2,
    });
    const channel = world.channel();
    const connected = once(app.server, 'connection') as Promise<[Socket]>;
    const slow = await world.read(eventsUrl(app, channel));
    const [socket] = await connected;
    await slow.next();
    slow.pause();
    for (let number = 1; !socket.destroyed; number++) {
      await post(app, channel, { data: { number, PADDING } });
    }

    slow.resume();
    expect(await slow.ended).toBe('broken');
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
