import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { isMessage } from '../harness/event-stream-parser.js';
import { request, type HttpAnswer } from '../harness/http-client.js';
import type { NestApp } from '../harness/nest-app.js';
import { dataOf, eachLane, eventsUrl, messagesUrl, send, type Receipt } from './each-broker.js';

const postBatch = (
  app: NestApp,
  channel: string,
  messages: unknown,
  headers: Record<string, string> = {},
): Promise<HttpAnswer> =>
  request(`${messagesUrl(app, channel)}/batch`, { json: { messages }, headers });

const history = async (app: NestApp, channel: string) =>
  (await request(`${messagesUrl(app, channel)}?limit=1000`)).json() as {
    messages: { data: unknown }[];
  };

eachLane('a batch', (world) => {
  test('is accepted as a whole, its ids in order, and delivered in order', async () => {
    const app = await world.start();
    const channel = world.channel('long');
    const reader = await world.read(eventsUrl(app, channel));
    await reader.next();
    await send(app, channel, 'before');
    const answer = await postBatch(
      app,
      channel,
      Array.from({ length: 1000 }, (_, number) => ({
        data: number,
        ...(number % 2 === 1 && { type: 'odd' }),
      })),
    );
    await send(app, channel, 'after');

    expect(answer.status).toBe(201);
    const { messages } = answer.json() as { messages: Receipt[] };
    expect(messages.map(({ id }) => Number(id.split('-')[1]))).toEqual(
      Array.from({ length: 1000 }, (_, index) => index + 2),
    );
    expect(messages[1]).toEqual({
      id: messages[1]?.id,
      channel,
      type: 'odd',
      createdAt: messages[0]?.createdAt,
    });
    const events = await reader.take(1002, isMessage);
    expect(dataOf(events)).toEqual(['before', ...Array(1000).keys(), 'after']);
    expect(events.slice(1, 3).map(({ event }) => event)).toEqual(['message', 'odd']);
  });

  test('with one invalid message is refused as a whole, and the answer says which message', async () => {
    const app = await world.start({
      channels: { 'n.*': { publish: 'anyone', subscribe: 'anyone', data: z.number() } },
    });
    const channel = `n.${world.channel()}`;
    const answer = await postBatch(app, channel, [{ data: 1 }, { data: 'two' }, { data: 3 }]);

    expect([answer.status, answer.json()]).toEqual([
      422,
      expect.objectContaining({
        code: 'invalid-data',
        errors: [expect.objectContaining({ path: 'messages.1.data' })],
      }),
    ]);
    expect((await history(app, channel)).messages).toEqual([]);
  });

  test('repeated with its Idempotency-Key has no effect', async () => {
    const app = await world.start();
    const channel = world.channel();
    const key = { 'Idempotency-Key': 'batch-1' };
    const messages = [{ data: 1 }, { data: 2, type: 'two' }];
    const first = await postBatch(app, channel, messages, key);
    const again = await postBatch(app, channel, messages, key);

    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.json()).toEqual({ ...(first.json() as object), duplicate: true });
    expect((await history(app, channel)).messages).toHaveLength(2);
  });

  test.each<[string, unknown, number]>([
    ['nothing', [], 400],
    ['1001 messages', Array.from({ length: 1001 }, () => ({ data: 1 })), 400],
    ['a message without data', [{ data: 1 }, {}], 400],
    ['a type of the server', [{ data: 1, type: 'stream.gap' }], 400],
    ['no list', 'many', 400],
    ['one message that is too large', [{ data: 1 }, { data: 'x'.repeat(70_000) }], 413],
  ])('of %s is refused and changes nothing', async (_name, messages, status) => {
    const app = await world.start();
    const channel = world.channel();

    expect((await postBatch(app, channel, messages)).status).toBe(status);
    expect((await history(app, channel)).messages).toEqual([]);
  });
});
