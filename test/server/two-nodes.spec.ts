import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { EventSource } from 'eventsource';
import type { Redis } from 'ioredis';
import { BirdsongNode } from '../harness/birdsong-node.js';
import { defaultDeadlineMs, withDeadline } from '../harness/deadline.js';
import { isMessage, isReady } from '../harness/event-stream-parser.js';
import { request, type HttpAnswer } from '../harness/http-client.js';
import { RedisServer } from '../harness/redis-server.js';
import { SseReader } from '../harness/sse-reader.js';

interface Message {
  id: string;
  data: unknown;
}

interface History {
  messages: Message[];
  position: string;
  gap: boolean;
}

const messageOf = ({ data }: { data: string }) => JSON.parse(data) as Message;

let channelCount = 0;

describe('Two nodes on one Redis', () => {
  let redis: RedisServer;
  let watch: Redis;
  let a: BirdsongNode;
  let b: BirdsongNode;
  let channel: string;
  const readers: SseReader[] = [];

  beforeAll(async () => {
    redis = await RedisServer.start();
    watch = redis.client();
  });
  afterAll(() => redis.stop());

  beforeEach(async () => {
    channel = `public.${(channelCount += 1)}`;
    const env = { REDIS_URL: redis.url, FEED_LINGER_SECONDS: '0' };
    [a, b] = await Promise.all([BirdsongNode.start({ env }), BirdsongNode.start({ env })]);
  });
  afterEach(async () => {
    await Promise.all(readers.splice(0).map((reader) => reader.close()));
    await Promise.all([a.stop(), b.stop()]);
  });

  const messagesUrl = (node: BirdsongNode) => `${node.url}/channels/${channel}/messages`;
  const eventsUrl = (node: BirdsongNode) => `${node.url}/channels/${channel}/events`;

  const post = (node: BirdsongNode, data: unknown, headers: Record<string, string> = {}) =>
    request(messagesUrl(node), { json: { data }, headers });

  async function send(node: BirdsongNode, data: unknown): Promise<string> {
    const answer: HttpAnswer = await post(node, data);
    if (answer.status !== 201) throw new Error(`${answer.status}: ${answer.text}`);
    return (answer.json() as Message).id;
  }

  async function read(node: BirdsongNode, lastEventId?: string): Promise<SseReader> {
    const headers = lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId };
    const reader = await SseReader.open(eventsUrl(node), { headers });
    readers.push(reader);
    await reader.next(isReady);
    return reader;
  }

  const history = async (node: BirdsongNode, query = '') =>
    (await request(`${messagesUrl(node)}${query}`)).json() as History;

  /** How many connections are subscribed to the channel. */
  async function subscriberCount(): Promise<number> {
    const [, count] = await watch.pubsub('NUMSUB', `birdsong:{${channel}}`);
    return Number(count);
  }

  /** Polls Redis until it holds, or the test times out. */
  async function until(isSo: () => Promise<boolean>): Promise<void> {
    while (!(await isSo()));
  }

  it('deliver what is sent to either to the readers of both, under one id', async () => {
    const [atA, atB] = [await read(a), await read(b)];
    const ids = [await send(a, 'by a'), await send(b, 'by b'), await send(a, 'by a again')];

    for (const reader of [atA, atB]) {
      const events = await reader.take(3, isMessage);
      expect(events.map(({ id }) => id)).toEqual(ids);
      expect(events.map((event) => messageOf(event).data)).toEqual(['by a', 'by b', 'by a again']);
    }
    expect(atA.events.slice(1).map(({ raw }) => raw)).toEqual(
      atB.events.slice(1).map(({ raw }) => raw),
    );
  });

  it('deliver what is sent to one to an EventSource on the other', async () => {
    const source = new EventSource(eventsUrl(b));
    try {
      await withDeadline(
        new Promise((resolve) => source.addEventListener('stream.ready', resolve)),
        defaultDeadlineMs,
        () => 'no stream.ready',
      );
      const received = new Promise<{ data: string; lastEventId: string }>((resolve) => {
        source.onmessage = ({ data, lastEventId }) => resolve({ data: String(data), lastEventId });
      });
      const id = await send(a, { text: 'hello' });
      const event = await withDeadline(received, defaultDeadlineMs, () => 'no message');

      expect(event.lastEventId).toBe(id);
      expect(messageOf(event)).toMatchObject({ id, channel, data: { text: 'hello' } });
    } finally {
      source.close();
    }
  });

  it('have one history, and answer a long-poll on one after a send to the other', async () => {
    await send(a, 1);
    const newest = await send(b, 2);
    expect(await history(a)).toEqual(await history(b));
    expect((await history(b)).position).toBe(newest);

    const poll = history(b, `?after=${newest}&wait=30`);
    await until(async () => (await subscriberCount()) === 1);
    const id = await send(a, 3);

    expect(await poll).toMatchObject({ messages: [{ id, data: 3 }], position: id, gap: false });
  });

  it('share idempotency keys', async () => {
    const reader = await read(b);
    const key = { 'Idempotency-Key': 'same' };
    const first = await post(a, 'once', key);
    const again = await post(b, 'twice', key);
    await send(a, 'next');

    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.json()).toEqual({ ...(first.json() as object), duplicate: true });
    const events = await reader.take(2, isMessage);
    expect(events.map((event) => messageOf(event).data)).toEqual(['once', 'next']);
  });

  it('take over a reader whose node dies while messages pour in, without a hole or a repeat', async () => {
    const reader = await read(a);
    const pouring = { isOver: false, sent: 0 };
    const poured = (async () => {
      while (!pouring.isOver) await send(b, ++pouring.sent);
    })();
    await reader.take(50, isMessage);
    await a.kill();
    expect(await reader.ended).toBe('broken');

    const resumed = await read(b, reader.lastEventId);
    await resumed.take(50, isMessage);
    pouring.isOver = true;
    await poured;
    const last = await send(b, 'the end');
    await resumed.until(({ lastEventId }) => lastEventId === last);

    const events = [...reader.events, ...resumed.events].filter(isMessage);
    expect(events.map((event) => messageOf(event).data)).toEqual([
      ...Array.from({ length: pouring.sent }, (_, index) => index + 1),
      'the end',
    ]);
    expect(resumed.events.map(({ event }) => event)).not.toContain('stream.gap');
  });

  it('each unsubscribe from a channel when its last reader leaves', async () => {
    const [first, second, atB] = [await read(a), await read(a), await read(b)];
    expect(await subscriberCount()).toBe(2);
    await first.close();
    await atB.close();
    await until(async () => (await subscriberCount()) === 1);
    await send(b, 'still here');
    expect(messageOf(await second.next(isMessage)).data).toBe('still here');

    await second.close();
    await until(async () => (await subscriberCount()) === 0);
    expect(await watch.pubsub('CHANNELS', 'birdsong:{public*}')).toEqual([]);
  });

  it('have one subscriber connection each, however many readers and channels', async () => {
    const channels = Array.from({ length: 20 }, (_, index) => `${channel}.${index}`);
    for (channel of channels) {
      await Promise.all([read(a), read(a), read(b)]);
    }
    const names = String(await watch.client('LIST'))
      .split('\n')
      .map((line) => /\bname=(birdsong-\S+)/.exec(line)?.[1])
      .filter((name) => name !== undefined);

    expect(names.sort()).toEqual([
      'birdsong-commands',
      'birdsong-commands',
      'birdsong-subscriber',
      'birdsong-subscriber',
    ]);
    expect(await watch.pubsub('CHANNELS', 'birdsong:{public*}')).toHaveLength(channels.length);
  });
});
