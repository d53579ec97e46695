import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { Birdsong, type BirdsongOptions, type Message } from '../../src/index.js';
import { request, type HttpAnswer } from '../harness/http-client.js';
import type { NestApp } from '../harness/nest-app.js';
import type { ParsedEvent } from '../harness/event-stream-parser.js';
import { eachLane, eventsUrl, messagesUrl, post, send } from './each-broker.js';

/** Whoever says `X-User: mod` may moderate. */
const OPTIONS: Partial<BirdsongOptions> = {
  maxMessageBytes: 1024,
  identify: (asked) => {
    const id = (asked as { headers: Record<string, string> }).headers['x-user'];
    return id === undefined ? undefined : { id };
  },
  channels: {
    'open.*': {
      publish: 'anyone',
      subscribe: 'anyone',
      moderate: ({ identity }) => identity?.id === 'mod',
    },
    'closed.*': { publish: 'anyone', subscribe: 'anyone' },
    'numbers.*': {
      ...{ publish: 'anyone', subscribe: 'anyone', moderate: 'anyone' },
      data: z.number(),
    },
  },
};

const MOD = { 'X-User': 'mod' };

const change = (
  app: NestApp,
  channel: string,
  id: string,
  { json, headers = MOD }: { json?: unknown; headers?: Record<string, string> } = {},
): Promise<HttpAnswer> =>
  request(`${messagesUrl(app, channel)}${id}`, {
    method: json === undefined ? 'DELETE' : 'PUT',
    headers,
    ...(json !== undefined && { json }),
  });

const history = async (app: NestApp, channel: string, query = ''): Promise<Message[]> => {
  const answer = await request(messagesUrl(app, channel) + query);
  return (answer.json() as { messages: Message[] }).messages;
};

const codeOf = ({ status, json }: HttpAnswer): [number, string] => [
  status,
  (json() as { code: string }).code,
];

/** What these events say, without the server's own about the stream. */
const told = (events: readonly ParsedEvent[]): unknown[] =>
  events
    .filter(({ event }) => event !== 'stream.ready')
    .map(({ event, data }) => {
      const { data: content, ...rest } = JSON.parse(data) as { data?: unknown };
      return [event, content ?? rest];
    });

eachLane('moderation', (world) => {
  test('readers hear of it, live and when they resume, and nobody is given what is gone', async () => {
    const app = await world.start(OPTIONS);
    const channel = world.channel();
    const first = await send(app, channel, 'one');
    const secret = await send(app, channel, 'secret');
    const typo = await send(app, channel, 'thre');
    const headers = { 'Last-Event-ID': first.id };
    // Its messages are now in the memory of this node.
    const live = await world.read(eventsUrl(app, channel), headers);
    await live.until(() => live.events.length === 3);

    const edited = await change(app, channel, `/${typo.id}`, { json: { data: 'three' } });
    expect([edited.status, edited.json()]).toEqual([
      200,
      {
        ...{ id: typo.id, channel, type: 'message', data: 'three', createdAt: typo.createdAt },
        editedAt: expect.any(String) as unknown,
      },
    ]);
    const removed = await change(app, channel, `/${secret.id}`);
    expect([removed.status, removed.text]).toEqual([204, '']);
    await live.until(() => live.events.length === 5);
    expect(told(live.events)).toEqual([
      ['message', 'secret'],
      ['message', 'thre'],
      ['stream.edited', { id: typo.id, data: 'three' }],
      ['stream.deleted', { ids: [secret.id] }],
    ]);

    const late = await world.read(eventsUrl(app, channel), headers);
    await late.until(() => late.events.length === 5);
    expect(told(late.events)).toEqual([
      ['stream.deleted', { ids: [secret.id] }],
      ['message', 'three'],
      ['stream.edited', { id: typo.id, data: 'three' }],
      ['stream.deleted', { ids: [secret.id] }],
    ]);
    expect(late.body).not.toContain('secret');
    expect(late.events.at(-1)?.lastEventId).toBe(live.events.at(-1)?.lastEventId);
    // The memory of the node and history say the same.
    const parsed = late.events.slice(1).map(({ data }) => JSON.parse(data) as Message);
    expect(await history(app, channel, `?after=${first.id}`)).toEqual(parsed);

    // Nor is what an edit said before the next one, or before the message was deleted.
    await change(app, channel, `/${typo.id}`, { json: { data: 'a second secret' } });
    await change(app, channel, `/${typo.id}`, { json: { data: 'a third secret' } });
    expect((await change(app, channel, `/${typo.id}`)).status).toBe(204);
    await late.until(() => late.events.length === 8);
    const last = await world.read(eventsUrl(app, channel), headers);
    await last.until(() => last.events.length === 8);
    expect(last.body).not.toContain('secret');
    expect(JSON.stringify(await history(app, channel))).not.toContain('secret');
  });

  test('a sender is erased, and a channel cleared', async () => {
    const app = await world.start(OPTIONS);
    const channel = world.channel();
    const birdsong = app.app.get(Birdsong);
    await post(app, channel, { data: 'ann 1' }, { 'X-User': 'ann' });
    await post(app, channel, { data: 'bob' }, { 'X-User': 'bob' });
    await post(app, channel, { data: 'ann 2' }, { 'X-User': 'ann' });
    const live = await world.read(eventsUrl(app, channel, '?history=10'));
    await live.until(() => live.events.length === 4);
    const ids = (await history(app, channel)).map(({ id }) => id);

    const erased = await change(app, channel, '?sender=ann');
    expect([erased.status, erased.json()]).toEqual([200, { deleted: 2 }]);
    expect(await birdsong.moderation.deleteAllOf(channel, 'ann')).toBe(0);
    expect((await history(app, channel)).map(({ type, data }) => [type, data])).toEqual([
      ['stream.deleted', { ids: [ids[0]] }],
      ['message', 'bob'],
      ['stream.deleted', { ids: [ids[2]] }],
      ['stream.deleted', { ids: [ids[0], ids[2]] }],
    ]);
    expect((await change(app, channel, '')).status).toBe(204);
    await live.until(() => live.events.length === 6);
    const [cleared, ...none] = await history(app, channel);
    expect([cleared?.type, cleared?.data, none]).toEqual(['stream.cleared', {}, []]);
    expect(live.events.at(-1)?.lastEventId).toBe(cleared?.id);

    const late = await world.read(eventsUrl(app, channel), { 'Last-Event-ID': ids[0] ?? '' });
    await late.until(() => late.events.length === 3);
    expect(told(late.events).map((event) => (event as [string])[0])).toEqual([
      'stream.gap',
      'stream.cleared',
    ]);
    const fresh = await world.read(eventsUrl(app, channel, '?history=10'));
    await fresh.until(() => fresh.events.length === 2);
    expect(fresh.body).not.toContain('bob');
  });

  test('whoever may not is refused, and what cannot be done changes nothing', async () => {
    const app = await world.start(OPTIONS);
    const channel = world.channel();
    const { id } = await send(app, channel, 'hi');
    const nobody = { headers: {} };
    const ann = { headers: { 'X-User': 'ann' } };
    const json = { data: 'new' };
    const [epoch = ''] = id.split('-');

    for (const path of [`/${id}`, '', '?sender=ann']) {
      expect(codeOf(await change(app, channel, path, nobody))).toEqual([401, 'unauthenticated']);
      expect(codeOf(await change(app, channel, path, ann))).toEqual([403, 'forbidden']);
    }
    expect(codeOf(await change(app, channel, `/${id}`, { json, ...ann }))).toEqual([
      403,
      'forbidden',
    ]);
    const closed = `closed.${channel}`;
    expect(codeOf(await change(app, closed, '', nobody))).toEqual([403, 'forbidden']);
    for (const [path, body, expected] of [
      [`/${epoch}-2`, undefined, [404, 'not-found']],
      [`/${epoch}-0`, undefined, [404, 'not-found']],
      [`/${epoch}-2`, json, [404, 'not-found']],
      ['/nothing', undefined, [400, 'invalid-request']],
      [`/${epoch}-x`, json, [400, 'invalid-request']],
      ['?sender=', undefined, [400, 'invalid-request']],
      ['?Sender=ann', undefined, [400, 'invalid-request']],
      ['?sender=a&sender=b', undefined, [400, 'invalid-request']],
      [`/${id}`, {}, [400, 'invalid-request']],
      [`/${id}`, { data: 1, type: 'other' }, [400, 'invalid-request']],
      [`/${id}`, { data: 'x'.repeat(2000) }, [413, 'message-too-large']],
    ] as const) {
      const answer = await change(app, channel, path, { json: body });
      expect([path, ...codeOf(answer)]).toEqual([path, ...expected]);
    }
    expect((await history(app, channel)).map(({ data }) => data)).toEqual(['hi']);

    const numbers = `numbers.${channel}`;
    const number = await send(app, numbers, 1);
    const refused = await change(app, numbers, `/${number.id}`, { json: { data: 'two' } });
    expect(codeOf(refused)).toEqual([422, 'invalid-data']);
    expect((await change(app, numbers, `/${number.id}`, { json: { data: 2 } })).status).toBe(200);
  });

  test('of many edits at once, each counts, and the last stays', async () => {
    const app = await world.start(OPTIONS);
    const channel = world.channel();
    const { id } = await send(app, channel, 0);
    const { moderation } = app.app.get(Birdsong);
    const edits = [1, 2, 3, 4].map((data) => moderation.edit(channel, id, data));
    expect((await Promise.all(edits)).map(({ data }) => data)).toEqual([1, 2, 3, 4]);
    const messages = await history(app, channel);

    expect(messages.map(({ type }) => type)).toEqual([
      'message',
      ...Array<string>(3).fill('stream.deleted'),
      'stream.edited',
    ]);
    expect(messages[4]?.data).toEqual({ id, data: messages[0]?.data });
  });
});
