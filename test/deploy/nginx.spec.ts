import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EventSource } from 'eventsource';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { isMessage, isReady } from '../harness/event-stream-parser.js';
import type { EventStreamReader } from '../harness/event-stream-reader.js';
import { Http2Reader } from '../harness/http2-reader.js';
import { type HttpAnswer, request } from '../harness/http-client.js';
import { SseReader } from '../harness/sse-reader.js';
import { Deployment } from './deployment.js';

interface Message {
  id: string;
  data: unknown;
}

const channel = 'public.robin';
const messageOf = ({ data }: { data: unknown }): Message => JSON.parse(String(data)) as Message;
const idOf = (answer: HttpAnswer): string => (answer.json() as Message).id;
const dataOf = (...readers: EventStreamReader[]): unknown[] =>
  readers.flatMap(({ events }) => events.filter(isMessage).map((event) => messageOf(event).data));
const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('Two nodes behind nginx', () => {
  let deployment: Deployment;
  let sources: EventSource[];

  beforeEach(async () => {
    sources = [];
    deployment = await Deployment.start();
  });

  afterEach(async () => {
    for (const source of sources) source.close();
    await deployment.stop();
  });

  async function sendEach(values: readonly number[]): Promise<void> {
    for (const value of values) {
      expect((await deployment.sendUntilAccepted(channel, value)).status).toBeLessThan(300);
    }
  }

  /** Kills a node, and returns the reader whose stream breaks and the one whose stream continues. */
  async function killOneNode(
    readers: readonly [SseReader, SseReader],
  ): Promise<{ broken: SseReader; unbroken: SseReader }> {
    await deployment.nodes[0].kill();
    const [one, two] = readers;
    const oneIsFirst = await Promise.race([
      one.ended.then(() => true),
      two.ended.then(() => false),
    ]);
    const [broken, unbroken] = oneIsFirst ? [one, two] : [two, one];
    expect(await broken.ended).toBe('broken');
    return { broken, unbroken };
  }

  /** Reads as a browser does; `received` has the data of all messages so far. */
  async function openEventSource(): Promise<{ source: EventSource; received: unknown[] }> {
    const source = new EventSource(`${deployment.nginx.url}/channels/${channel}/events`);
    const received: unknown[] = [];
    sources.push(source);
    source.addEventListener('message', (event) => {
      received.push(messageOf(event).data);
    });
    await once(source, 'stream.ready');
    return { source, received };
  }

  it('deliver each message to the readers of both as it comes', async () => {
    const readers = [await deployment.read(channel), await deployment.read(channel)] as const;
    // Each arrives before the next is sent, so nothing waits for a buffer to fill.
    for (const count of numbers(1, 20)) {
      const received = Promise.all(readers.map((reader) => reader.next(isMessage)));
      const answer = await deployment.send(channel, count);
      expect(answer.status).toBe(201);
      for (const event of await received) {
        expect(messageOf(event)).toMatchObject({ id: idOf(answer), data: count });
      }
    }

    // Each was on its own node, or neither stream would continue.
    const { unbroken } = await killOneNode(readers);
    await sendEach([21]);
    await unbroken.next(isMessage);
  });

  it('pass a stream on unchanged: with its headers, uncompressed, uncached', async () => {
    const { status, headers } = await deployment.read(channel);
    expect(status).toBe(200);
    expect(headers['content-type']).toMatch(/^text\/event-stream\b/);
    expect(headers['cache-control']).toMatch(/no-store.*no-transform/);
    expect(headers['content-encoding']).toBeUndefined();
    expect(headers['content-length']).toBeUndefined();
  });

  it('serve twenty streams on one HTTP/2 connection', async () => {
    const session = connect(deployment.nginx.secureUrl, { rejectUnauthorized: false });
    try {
      await once(session, 'connect');
      expect(session.alpnProtocol).toBe('h2');
      const open = (number: number): Promise<Http2Reader> =>
        Http2Reader.open(session, `/channels/public.room-${number}/events`);
      const readers = await Promise.all(numbers(1, 20).map(open));
      await Promise.all(readers.map((reader) => reader.next(isReady)));
      for (const [index, reader] of readers.entries()) {
        expect(reader.status).toBe(200);
        expect(reader.headers['content-type']).toMatch(/^text\/event-stream\b/);
        await deployment.send(`public.room-${index + 1}`, index + 1);
      }
      const received = await Promise.all(readers.map((reader) => reader.next(isMessage)));
      expect(received.map((event) => messageOf(event).data)).toEqual(numbers(1, 20));
      await Promise.all(readers.map((reader) => reader.close()));
    } finally {
      session.destroy();
    }
  });

  it('resume on either node what was read from one of them', async () => {
    const [first, second] = deployment.nodes;
    const before = await SseReader.open(`${first.url}/channels/${channel}/events`);
    await before.next(isReady);
    const sendDirectly = (data: number): Promise<HttpAnswer> =>
      request(`${second.url}/channels/${channel}/messages`, { json: { data } });
    for (const number of numbers(1, 3)) await sendDirectly(number);
    await before.take(3, isMessage);
    await before.close();
    for (const number of numbers(4, 9)) await sendDirectly(number);

    const resume = (): Promise<SseReader> => deployment.read(channel, before.lastEventId);
    const resumed = [await resume(), await resume()] as const;
    for (const reader of resumed) {
      await reader.take(6, isMessage);
      expect(dataOf(reader)).toEqual(numbers(4, 9));
      expect(reader.body).not.toContain('stream.gap');
    }

    const { unbroken } = await killOneNode(resumed);
    await sendEach([10]);
    await unbroken.next(isMessage);
  });

  it('hold a long-poll until it times out or a message comes', async () => {
    const id = idOf(await deployment.send(channel, 1));
    const path = `${deployment.nginx.url}/channels/${channel}/messages?after=${id}`;

    const begunAt = performance.now();
    const empty = await request(`${path}&wait=1`);
    expect(empty.json()).toEqual({ messages: [], position: id, gap: false });
    expect(performance.now() - begunAt).toBeGreaterThanOrEqual(990);

    const held = request(`${path}&wait=30`);
    await sendEach([2]);
    expect((await held).json()).toMatchObject({ messages: [{ data: 2 }], gap: false });
  });

  it('lose nothing when one is killed: its reader continues on the other', async () => {
    const readers = [await deployment.read(channel), await deployment.read(channel)] as const;
    await sendEach(numbers(1, 5));
    await Promise.all(readers.map((reader) => reader.take(5, isMessage)));

    const { broken, unbroken } = await killOneNode(readers);
    await sendEach(numbers(6, 10));
    const resumed = await deployment.read(channel, broken.lastEventId);
    await sendEach(numbers(11, 15));

    await Promise.all([resumed.take(10, isMessage), unbroken.take(10, isMessage)]);
    expect(dataOf(broken, resumed)).toEqual(numbers(1, 15));
    expect(dataOf(unbroken)).toEqual(numbers(1, 15));
  });

  it('lose nothing when one is stopped while messages are sent', async () => {
    const first = await openEventSource();
    const second = await openEventSource();
    const closings = Promise.race(
      [first, second].map(({ source }) => once(source, 'stream.closing')),
    );
    await sendEach(numbers(1, 5));

    const stopped = deployment.nodes[0].stop();
    await sendEach(numbers(6, 30));
    const [closing] = (await closings) as [{ data: unknown }];
    expect(JSON.parse(String(closing.data))).toEqual({ reason: 'shutdown', reconnect: true });
    await stopped;

    for (const { source, received } of [first, second]) {
      while (received.length < 30) await once(source, 'message');
      expect(received).toEqual(numbers(1, 30));
    }
  });

  it('let an EventSource come back by itself after both were killed, and lose nothing', async () => {
    const { source, received } = await openEventSource();
    await Promise.all([once(source, 'message'), sendEach([1])]);

    const lost = once(source, 'error');
    await Promise.all(deployment.nodes.map((node) => node.kill()));
    await lost;
    const refused = await deployment.send(channel, 2);
    expect(refused.status).toBe(503);
    expect(refused.headers['content-type']).toBe('application/problem+json');
    // nginx answers, and tells it to come back.
    await once(source, 'open');
    await once(source, 'error');
    expect(source.readyState).toBe(EventSource.CONNECTING);

    const caughtUp = once(source, 'message');
    const replacement = await deployment.replace(deployment.nodes[0]);
    await request(`${replacement.url}/channels/${channel}/messages`, { json: { data: 3 } });
    await caughtUp;
    expect(received).toEqual([1, 3]);
  });
});
