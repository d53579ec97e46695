import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { BirdsongNode } from '../harness/birdsong-node.js';
import { request } from '../harness/http-client.js';
import { RedisServer } from '../harness/redis-server.js';
import { SseReader } from '../harness/sse-reader.js';
import { until } from '../harness/until.js';
import { SECRET_ENV, token, type TokenOptions } from './issuer.js';

const bearer = (credential: string) => ({ Authorization: `Bearer ${credential}` });

describe('On two nodes,', () => {
  let redis: RedisServer;
  let nodes: BirdsongNode[] = [];
  let admin: string;
  const readers: SseReader[] = [];

  beforeEach(async () => {
    redis = await RedisServer.start({ args: ['--appendonly', 'yes'] });
    nodes = await Promise.all([startNode(), startNode()]);
    admin = await token({ sub: 'root', admin: true });
  });
  afterEach(async () => {
    await Promise.all(readers.splice(0).map((reader) => reader.close()));
    await Promise.all(nodes.map((node) => node.stop()));
    await redis.stop();
  });

  const startNode = () =>
    BirdsongNode.start({ env: { ...SECRET_ENV, REDIS_URL: redis.url, JWT_COOKIE: 'session' } });
  const urlOf = (index: number) => nodes[index]?.url ?? '';

  async function read(index: number, credential: string, channel = 'chat.a'): Promise<SseReader> {
    const reader = await SseReader.open(`${urlOf(index)}/channels/${channel}/events`, {
      headers: bearer(credential),
    });
    readers.push(reader);
    if (reader.status === 200) await reader.until(() => reader.events.length > 0);
    return reader;
  }

  const post = (index: number, path: string, json: unknown, credential = admin) =>
    request(`${urlOf(index)}/${path}`, { json, headers: bearer(credential) });
  const statusOf = async (index: number, credential: string) =>
    (await request(`${urlOf(index)}/channels/chat.a/messages`, { headers: bearer(credential) }))
      .status;
  const closingOf = ({ events }: SseReader): unknown =>
    JSON.parse(events.find(({ event }) => event === 'stream.closing')?.data ?? 'null');

  /** Issued before now, as a token is issued in whole seconds. */
  const earlier = (options: TokenOptions = {}) => token({ ...options, issuedAgo: 10 });

  test('a revoked identity loses its streams and its requests everywhere, and others keep theirs', async () => {
    const [ada, bob] = [await earlier(), await earlier({ sub: 'bob' })];
    const lost = [await read(0, ada), await read(1, ada)];
    const kept = await read(1, bob);
    expect((await post(0, 'revocations', { identity: 'ada' })).status).toBe(204);
    await Promise.all(lost.map(({ ended }) => ended));

    expect(lost.map(closingOf)).toEqual(
      Array.from({ length: 2 }, () => ({ reason: 'revoked', reconnect: false })),
    );
    for (const index of [0, 1]) expect(await statusOf(index, ada)).toBe(401);
    await post(0, 'channels/chat.a/messages', { data: { name: 'B', message: 'still here' } }, bob);
    await kept.until(() => kept.events.some(({ event }) => event === 'message'));
    // A login after the revocation counts.
    await until('a new login', async () => (await statusOf(1, await token())) === 200);
  });

  test('one token is revoked, and another of the same identity is not', async () => {
    const [stolen, own] = [await earlier({ jti: 'stolen' }), await earlier({ jti: 'own' })];
    const [lost, kept] = [await read(1, stolen), await read(1, own)];
    expect((await post(0, 'revocations', { token: 'stolen' })).status).toBe(204);
    await lost.ended;

    expect([await statusOf(0, stolen), await statusOf(1, stolen)]).toEqual([401, 401]);
    expect([await statusOf(0, own), await statusOf(1, own)]).toEqual([200, 200]);
    expect(closingOf(kept)).toBeNull();
  });

  test('a node that starts later, and Redis that restarts, remember it', async () => {
    const ada = await earlier();
    await post(0, 'revocations', { identity: 'ada' });
    await redis.kill();
    await redis.restart();
    const third = await startNode();
    nodes.push(third);
    for (const index of [0, 1, 2]) expect(await statusOf(index, ada)).toBe(401);
  });

  test('while Redis is down, the node that is asked revokes at once, and the others when it is back', async () => {
    const ada = await earlier();
    const [here, there] = [await read(0, ada), await read(1, ada)];
    await redis.kill();
    const answer = await post(0, 'revocations', { identity: 'ada' });
    expect(answer.status).toBe(503);
    await here.ended;
    expect(closingOf(here)).toEqual({ reason: 'revoked', reconnect: false });
    expect(await statusOf(0, ada)).toBe(401);

    await redis.restart();
    await there.ended;
    expect(closingOf(there)).toEqual({ reason: 'revoked', reconnect: false });
    expect(await statusOf(1, ada)).toBe(401);
  });

  test('a node that cannot learn what was revoked refuses identities until it can', async () => {
    const [ada, bob] = [await earlier(), await earlier({ sub: 'bob' })];
    await post(0, 'revocations', { identity: 'ada' });
    const client = redis.client();
    // So that reading a channel for the first time, which writes, is refused.
    await client.del('birdsong:{birdsong:signals}:meta');
    await client.config('SET', 'min-replicas-to-write', '1');
    nodes.push(await startNode());
    const unknown = await request(`${urlOf(2)}/channels/chat.a/messages`, { headers: bearer(bob) });
    expect([unknown.status, unknown.headers['retry-after']]).toEqual([503, '1']);
    await client.config('SET', 'min-replicas-to-write', '0');

    await until('it knows', async () => (await statusOf(2, bob)) === 200);
    expect(await statusOf(2, ada)).toBe(401);
  });

  test('a long-poll of a revoked identity ends', async () => {
    const ada = await earlier();
    const messages = `${urlOf(1)}/channels/chat.a/messages`;
    const { position } = (await request(messages)).json() as { position: string };
    const polling = request(`${messages}?after=${position}&wait=30`, {
      headers: bearer(ada),
      deadlineMs: 25_000,
    });
    // Nothing shows that a long-poll waits, so the revocation is repeated until it has ended.
    let isOver = false;
    void polling.finally(() => (isOver = true));
    await until('it ended', async () => {
      await post(0, 'revocations', { identity: 'ada' });
      return isOver;
    });
    expect([200, 401]).toContain((await polling).status);
  });

  test('connections are listed and ended by identity, by channel and one by one', async () => {
    const [ada, bob] = [await token(), await token({ sub: 'bob' })];
    const [first, second] = [await read(0, ada), await read(1, ada, 'chat.b')];
    const third = await read(1, bob, 'chat.b');
    const list = async (index: number, query = '') => {
      const { text } = await request(`${urlOf(index)}/connections${query}`, {
        headers: bearer(admin),
      });
      return (JSON.parse(text) as { connections: { id: string; identity: string }[] }).connections;
    };
    const end = (index: number, query: string) =>
      request(`${urlOf(index)}/connections${query}`, { method: 'DELETE', headers: bearer(admin) });

    expect(await list(0)).toMatchObject([{ identity: 'ada', channels: ['chat.a'] }]);
    expect(await list(1, '?channel=chat.b&identity=bob')).toMatchObject([{ identity: 'bob' }]);
    expect((await end(0, '?identity=ada&channel=chat.b')).status).toBe(204);
    await second.ended;
    expect(closingOf(second)).toEqual({ reason: 'disconnected', reconnect: true });
    const [{ id } = { id: '' }] = await list(1, '?identity=bob');
    expect((await end(0, `/${id}`)).status).toBe(204);
    await third.ended;
    expect((await end(1, '?channel=chat.a')).status).toBe(204);
    await first.ended;
    // They may come back.
    expect((await read(1, ada, 'chat.b')).status).toBe(200);
    expect((await end(0, '')).status).toBe(400);
    expect((await end(0, '?user=ada')).status).toBe(400);
  });

  test.each([
    [
      [
        {},
        { identity: 'a', token: 'b' },
        { identity: '' },
        { identity: 1 },
        { user: 'a' },
        null,
        [],
      ],
    ],
  ])('a revocation of any of %j is refused and changes nothing', async (bodies) => {
    const ada = await earlier();
    for (const body of bodies) {
      expect([body, (await post(0, 'revocations', body)).status]).toEqual([body, 400]);
    }
    expect(await statusOf(0, ada)).toBe(200);
  });

  test('only an admin may, and none whose right has ended', async () => {
    const routes = [
      ['POST', 'revocations'],
      ['GET', 'connections'],
      ['DELETE', 'connections?identity=ada'],
      ['DELETE', 'connections/abc'],
    ] as const;
    const former = await earlier({ sub: 'former', admin: true });
    const credentials: [string | undefined, number][] = [
      [undefined, 401],
      [await token({ publish: ['*'], subscribe: ['*'] }), 403],
      ['not.a.token', 401],
      [await token({ admin: true, expires: -60 }), 401],
      [former, 401],
    ];
    await post(0, 'revocations', { identity: 'former' });
    for (const [method, path] of routes) {
      for (const [credential, status] of credentials) {
        const answer = await request(`${urlOf(0)}/${path}`, {
          method,
          headers: credential === undefined ? {} : bearer(credential),
          ...(method === 'POST' && { json: { identity: 'ada' } }),
        });
        expect([path, credential, answer.status]).toEqual([path, credential, status]);
      }
    }
  });

  test('a page of another origin cannot use an admin’s cookie', async () => {
    const answer = await request(`${urlOf(0)}/connections?identity=ada`, {
      method: 'DELETE',
      headers: { Cookie: `session=${admin}`, Origin: 'https://evil.test' },
    });
    expect(answer.status).toBe(403);
  });

  test('the nodes’ own channels are closed to clients', async () => {
    const everything = await token({ publish: ['*'], subscribe: ['*'] });
    for (const channel of ['birdsong:revocations', 'birdsong:signals']) {
      const { status } = await post(0, `channels/${channel}/messages`, { data: 1 }, everything);
      expect(status).toBe(400);
    }
  });
});

test.each(['revocations', 'connections', 'connections?identity=a', 'connections/a'])(
  'without tokens, there is no /%s',
  async (path) => {
    const node = await BirdsongNode.start();
    try {
      for (const method of ['GET', 'POST', 'DELETE']) {
        expect((await request(`${node.url}/${path}`, { method, body: '{}' })).status).toBe(404);
      }
    } finally {
      await node.stop();
    }
  },
);
