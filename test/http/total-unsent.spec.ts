import { expect, test } from '@jest/globals';
import type { Socket } from 'node:net';
import { isMessage } from '../harness/event-stream-parser.js';
import type { NestApp } from '../harness/nest-app.js';
import type { SseReader } from '../harness/sse-reader.js';
import { dataOf, eachBroker, eventsUrl, send, type World } from './each-broker.js';

const MIB = 1024 * 1024;
const COUNT = 4;
const PADDING = 'x'.repeat(60_000);

/** How much must wait for each reader: together more than the limit, each alone less. */
const WAITING_BYTES = 400_000;

interface Slow {
  readonly reader: SseReader;
  /** The node's side of its connection. */
  readonly socket: Socket;
  readonly channel: string;
}

/** Readers that do not read, one for each channel. */
async function readSlowly(
  world: World,
  app: NestApp,
  channelOf: (index: number) => string,
): Promise<Slow[]> {
  const slow: Slow[] = [];
  for (let index = 0; index < COUNT; index++) {
    const connected = new Promise<Socket>((resolve) => app.server.once('connection', resolve));
    const channel = channelOf(index);
    const reader = await world.read(eventsUrl(app, channel));
    await reader.next();
    reader.pause();
    slow.push({ reader, socket: await connected, channel });
  }
  return slow;
}

/** Sends until enough waits for this reader or it is cut off, and resolves with the number of messages sent. */
async function sendUntilWaiting(app: NestApp, { socket, channel }: Slow): Promise<number> {
  let count = 0;
  while (!socket.destroyed && socket.writableLength < WAITING_BYTES) {
    await send(app, channel, `${++count} ${PADDING}`);
  }
  return count;
}

const numbersOf = (...readers: SseReader[]): number[] =>
  dataOf(readers.flatMap(({ events }) => events.filter(isMessage))).map((data) =>
    parseInt(String(data), 10),
  );

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

eachBroker('the bytes that wait for all slow readers', (world) => {
  const start = () =>
    world.start({ maxTotalUnsentBytes: MIB, maxUnsentBytes: 8 * MIB, heartbeatSeconds: 60 });

  test('count once if several wait for the same message', async () => {
    const app = await start();
    const channel = world.channel();
    const slow = await readSlowly(world, app, () => channel);
    let count = 0;
    while (slow.some(({ socket }) => socket.writableLength < WAITING_BYTES)) {
      await send(app, channel, `${++count} ${PADDING}`);
    }
    const waitingBytes = slow.reduce((sum, { socket }) => sum + socket.writableLength, 0);
    expect(waitingBytes).toBeGreaterThan(MIB);

    for (const { reader } of slow) {
      reader.resume();
      await reader.take(count, isMessage);
      expect(numbersOf(reader)).toEqual(upTo(count));
      expect(reader.isOpen).toBe(true);
    }
  });

  test('beyond the limit, get the longest-waiting reader cut off, which resumes without loss', async () => {
    const app = await start();
    const channels = Array.from({ length: COUNT }, () => world.channel());
    const slow = await readSlowly(world, app, (index) => channels[index] ?? '');
    const counts: number[] = [];
    for (const one of slow) counts.push(await sendUntilWaiting(app, one));

    for (const { reader } of slow) reader.resume();
    const [first, second] = slow.map(({ reader }) => reader);
    expect([await first?.ended, await second?.ended]).toEqual(['broken', 'broken']);
    for (const [index, { reader, channel }] of slow.entries()) {
      const count = counts[index] ?? 0;
      if (index < 2) {
        const headers = { 'Last-Event-ID': reader.lastEventId };
        const resumed = await world.read(eventsUrl(app, channel), headers);
        await resumed.until(() => numbersOf(reader, resumed).length >= count);
        expect(numbersOf(reader, resumed)).toEqual(upTo(count));
      } else {
        await reader.take(count, isMessage);
        expect(numbersOf(reader)).toEqual(upTo(count));
        expect(reader.isOpen).toBe(true);
      }
    }
  });
});
