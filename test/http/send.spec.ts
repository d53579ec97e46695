import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { request } from '../harness/http-client.js';
import { OPEN_CHANNELS } from '../harness/nest-app.js';
import { dataOf, eachLane, eventsUrl, messagesUrl, post, send } from './each-broker.js';

eachLane('sending', (world) => {
  test('a send answers 201 with the position, and readers get it', async () => {
    const app = await world.start();
    const channel = world.channel();
    const reader = await world.read(eventsUrl(app, channel));
    await reader.next(({ event }) => event === 'stream.ready');
    const answer = await post(app, channel, { data: { text: 'hi' }, type: 'joke' });

    expect(answer.status).toBe(201);
    expect(answer.json()).toEqual({
      id: expect.stringMatching(/^\d+-1$/),
      channel,
      type: 'joke',
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    });
    const event = await reader.next();
    const accepted = answer.json() as { id: string };
    expect([event.event, event.id]).toEqual(['joke', accepted.id]);
    expect(JSON.parse(event.data)).toEqual({ ...accepted, data: { text: 'hi' } });
  });

  test('a repeat of an Idempotency-Key answers 200 with the first id and delivers nothing', async () => {
    const app = await world.start();
    const channel = world.channel();
    const reader = await world.read(eventsUrl(app, channel));
    await reader.next();
    const key = { 'Idempotency-Key': 'key-1' };
    const first = await post(app, channel, { data: 'once' }, key);
    const again = await post(app, channel, { data: 'twice' }, key);
    await send(app, channel, 'next');

    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.json()).toEqual({ ...(first.json() as object), duplicate: true });
    expect(dataOf(await reader.take(2))).toEqual(['once', 'next']);
  });

  test.each([null, false, 0, '', [], {}, 'a\r\nb\u2028c\u0000\ud83d\ude00', { a: [{ b: null }] }])(
    'data may be any JSON: %j',
    async (data) => {
      const app = await world.start();
      const channel = world.channel();
      const reader = await world.read(eventsUrl(app, channel));
      await reader.next();
      await send(app, channel, data);

      expect(dataOf([await reader.next()])).toEqual([data]);
      const history = await request(messagesUrl(app, channel));
      expect((history.json() as { messages: { data: unknown }[] }).messages[0]?.data).toEqual(data);
    },
  );

  test('data that does not match the schema is refused with the paths, and is not published', async () => {
    const app = await world.start({
      channels: {
        'strict.*': {
          publish: 'anyone',
          subscribe: 'anyone',
          data: z.object({ name: z.string().trim().min(1), age: z.number().default(7) }),
        },
      },
    });
    const channel = `strict.${world.channel()}`;
    const refused = await post(app, channel, { data: { name: ' ', age: 'x' } });
    const accepted = await post(app, channel, { data: { name: ' Ada ' } });

    expect(refused.status).toBe(422);
    expect(refused.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(refused.json()).toMatchObject({
      code: 'invalid-data',
      status: 422,
      errors: [{ path: 'data.name' }, { path: 'data.age' }],
    });
    expect(accepted.status).toBe(201);
    const { messages } = (await request(messagesUrl(app, channel))).json() as {
      messages: { data: unknown }[];
    };
    // The schema's output is what is published.
    expect(messages.map(({ data }) => data)).toEqual([{ name: 'Ada', age: 7 }]);
  });

  test('the policy decides who may send, and the sender is the id of the identity', async () => {
    const app = await world.start({
      identify: (incoming) => {
        const user = (incoming as { headers: Record<string, string> }).headers['x-user'];
        return user === undefined ? undefined : { id: user };
      },
      channels: {
        'closed.*': { subscribe: 'anyone' },
        'known.*': { publish: 'authenticated', subscribe: 'anyone' },
        'own.:userId': { publish: ({ params, identity }) => params['userId'] === identity?.id },
      },
    });
    const status = async (channel: string, user?: string) =>
      (await post(app, channel, { data: 1 }, user === undefined ? {} : { 'x-user': user })).status;
    const known = `known.${world.channel()}`;

    expect(await status('closed.a', 'ada')).toBe(403);
    expect(await status('closed.a')).toBe(403);
    expect(await status(known)).toBe(401);
    expect(await status(known, 'ada')).toBe(201);
    expect(await status('own.ada', 'ada')).toBe(201);
    expect(await status('own.ada', 'bob')).toBe(403);
    expect(await status('own.ada')).toBe(401);
    const { messages } = (await request(messagesUrl(app, known))).json() as { messages: object[] };
    expect(messages).toEqual([expect.objectContaining({ sender: 'ada' })]);
  });

  test('senders do not share Idempotency-Keys', async () => {
    const app = await world.start({
      channels: OPEN_CHANNELS,
      identify: (incoming) => ({
        id: (incoming as { headers: Record<string, string> }).headers['x-user'] ?? '',
      }),
    });
    const channel = world.channel();
    const sendAs = (user: string) =>
      post(app, channel, { data: user }, { 'x-user': user, 'Idempotency-Key': '1' });

    expect((await sendAs('ada')).status).toBe(201);
    expect((await sendAs('bob')).status).toBe(201);
    expect((await sendAs('bob')).status).toBe(200);
  });
});
