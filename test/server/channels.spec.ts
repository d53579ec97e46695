import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BirdsongNode } from '../harness/birdsong-node.js';
import { request } from '../harness/http-client.js';

describe('The channels of the server:', () => {
  let node: BirdsongNode;

  beforeAll(async () => {
    node = await BirdsongNode.start();
  });
  afterAll(() => node.stop());

  const messagesUrl = (channel: string) => `${node.url}/channels/${channel}/messages`;
  const send = (channel: string, data: unknown) =>
    request(messagesUrl(channel), { json: { data } });

  it.each([
    { name: 'A', message: 'm' },
    { name: 'n'.repeat(64), message: 'm'.repeat(4000) },
    { name: 'Ада 🐦', message: 'line\nline <b>&' },
  ])('chat rooms accept a chat message, $name', async (data) => {
    const channel = `chat.${data.name.length}`;
    expect((await send(channel, data)).status).toBe(201);

    expect((await request(messagesUrl(channel))).json()).toMatchObject({ messages: [{ data }] });
  });

  it.each([
    ['no name', { message: 'm' }, ['data.name']],
    ['an empty name', { name: '', message: 'm' }, ['data.name']],
    ['a name of spaces', { name: '  ', message: 'm' }, ['data.name']],
    ['a name too long', { name: 'n'.repeat(65), message: 'm' }, ['data.name']],
    ['an empty message', { name: 'Ada', message: '' }, ['data.message']],
    ['a message too long', { name: 'Ada', message: 'm'.repeat(4001) }, ['data.message']],
    ['both wrong', { name: 1, message: null }, ['data.name', 'data.message']],
    ['more than that', { name: 'Ada', message: 'm', admin: true }, ['data']],
    ['a string', 'hello', ['data']],
    ['null', null, ['data']],
  ])('chat rooms refuse %s', async (_what, data, paths) => {
    const answer = await send('chat.refusing', data);

    expect(answer.status).toBe(422);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.json()).toMatchObject({
      code: 'invalid-data',
      errors: paths.map((path) => ({ path })),
    });
    expect((await request(messagesUrl('chat.refusing'))).json()).toMatchObject({ messages: [] });
  });

  it.each(['user.1', 'user.1.notices', 'user.1.notices.old'])(
    '%s is closed until there are identities',
    async (channel) => {
      const answers = await Promise.all([
        send(channel, 1),
        request(messagesUrl(channel)),
        request(`${node.url}/channels/${channel}/events`),
        request(`${node.url}/events?channel=chat.lobby&channel=${channel}`),
      ]);

      for (const { status, json } of answers) {
        expect(status).toBe(403);
        expect(json()).toMatchObject({ code: 'forbidden' });
      }
    },
  );

  it.each([null, 0, 'text', [1, [2]], { any: { thing: true } }])(
    'public ones take any JSON: %j',
    async (data) => {
      const channel = 'public.any.thing';
      expect((await send(channel, data)).status).toBe(201);

      expect((await request(`${messagesUrl(channel)}?limit=1`)).json()).toMatchObject({
        messages: [{ data }],
      });
    },
  );

  it.each(['chat', 'chat.a.b', 'public', 'user', 'other.1'])('%s does not exist', async (name) => {
    const answers = await Promise.all([
      send(name, 1),
      request(messagesUrl(name)),
      request(`${node.url}/channels/${name}/events`),
    ]);

    for (const { status, json } of answers) {
      expect(status).toBe(404);
      expect(json()).toMatchObject({ code: 'unknown-channel' });
    }
  });
});
