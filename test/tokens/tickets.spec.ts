import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { BirdsongNode } from '../harness/birdsong-node.js';
import { request } from '../harness/http-client.js';
import { RedisServer } from '../harness/redis-server.js';
import { SseReader } from '../harness/sse-reader.js';
import { until } from '../harness/until.js';
import { SECRET_ENV, token, unsigned } from './issuer.js';

const bearer = (credential: string) => ({ Authorization: `Bearer ${credential}` });

describe.each(['memory', 'Redis'])('A one-time ticket, with %s,', (broker) => {
  let redis: RedisServer | undefined;
  let nodes: BirdsongNode[] = [];
  const readers: SseReader[] = [];

  beforeAll(async () => {
    redis =
      broker === 'Redis' ? await RedisServer.start({ args: ['--appendonly', 'yes'] }) : undefined;
    // Without Redis, there is only one node.
    nodes = await Promise.all(broker === 'Redis' ? [startNode(), startNode()] : [startNode()]);
  });
  afterEach(async () => {
    await Promise.all(readers.splice(0).map((reader) => reader.close()));
  });
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    await redis?.stop();
  });

  const startNode = (env: Record<string, string> = {}) =>
    BirdsongNode.start({
      env: { ...SECRET_ENV, ANONYMOUS: 'off', ...(redis && { REDIS_URL: redis.url }), ...env },
    });
  const first = () => nodes[0]?.url ?? '';
  const last = () => nodes.at(-1)?.url ?? '';

  const ask = (json: unknown, credential?: string, url = first()) =>
    request(`${url}/tickets`, {
      json,
      headers: credential === undefined ? {} : bearer(credential),
    });

  async function issue(
    channels: readonly string[],
    credential?: string,
    url = first(),
  ): Promise<string> {
    const granted = credential ?? (await token({ subscribe: ['chat.*'], publish: ['chat.*'] }));
    const answer = await ask({ channels }, granted, url);
    expect(answer.status).toBe(201);
    return (answer.json() as { ticket: string }).ticket;
  }

  async function open(url: string, path: string): Promise<SseReader> {
    const reader = await SseReader.open(`${url}/${path}`);
    readers.push(reader);
    return reader;
  }
  const use = async (ticket: string, url = last(), channel = 'chat.a') =>
    (await open(url, `channels/${channel}/events?ticket=${ticket}`)).status;

  test('opens one stream, on any node, as its identity', async () => {
    const answer = await ask({ channels: ['user.ada'] }, await token());
    const { ticket, expiresAt } = answer.json() as { ticket: string; expiresAt: string };
    expect(answer.headers['cache-control']).toBe('no-store');
    const seconds = (Date.parse(expiresAt) - Date.now()) / 1000;
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(30);

    expect(await use(ticket, last(), 'user.ada')).toBe(200);
    expect(await use(ticket, first(), 'user.ada')).toBe(401);
    expect(await use(ticket, last(), 'user.ada')).toBe(401);
  });

  test('is redeemed exactly once, however many try at the same time', async () => {
    const ticket = await issue(['chat.a']);
    const statuses = await Promise.all(
      Array.from({ length: 100 }, (_, index) => use(ticket, index % 2 ? first() : last())),
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 401)).toHaveLength(99);
  });

  test('is for its channels only, whatever the identity may', async () => {
    expect(await use(await issue(['chat.a']), last(), 'chat.b')).toBe(403);
    const both = await issue(['chat.a', 'chat.b']);
    const reader = await open(last(), `events?channel=chat.a&channel=chat.b&ticket=${both}`);
    expect(reader.status).toBe(200);
    const more = await issue(['chat.a', 'chat.b']);
    expect((await open(last(), `events?channel=chat.a&channel=chat.c&ticket=${more}`)).status).toBe(
      403,
    );
  });

  test('ends when its token ends', async () => {
    const granted = await token({ subscribe: ['chat.*'], expires: 3 });
    const reader = await open(
      last(),
      `channels/chat.a/events?ticket=${await issue(['chat.a'], granted)}`,
    );
    await reader.ended;
    expect(reader.events.at(-1)?.data).toContain('token-expired');
  });

  test.each(['identity', 'token', 'ticket'])(
    'is worth nothing after its %s was revoked',
    async (what) => {
      const sub = `revoked by ${what}`;
      const granted = await token({ sub, subscribe: ['chat.*'], jti: sub, issuedAgo: 10 });
      const [open1, unused] = [await issue(['chat.a'], granted), await issue(['chat.a'], granted)];
      const reader = await open(last(), `channels/chat.a/events?ticket=${open1}`);
      const admin = await token({ sub: 'root', admin: true });
      const values: Record<string, string[]> = {
        identity: [sub],
        token: [sub],
        ticket: [open1, unused],
      };
      for (const value of values[what] ?? []) {
        const answer = await request(`${first()}/revocations`, {
          json: { [what]: value },
          headers: bearer(admin),
        });
        expect(answer.status).toBe(204);
      }
      await reader.ended;
      expect(reader.events.at(-1)?.data).toContain('revoked');
      expect(await use(unused)).toBe(401);
    },
  );

  test('survives the node that issued it', async () => {
    if (broker === 'memory') return;
    const third = await startNode();
    const ticket = await issue(['chat.a'], undefined, third.url);
    await third.kill();
    expect(await use(ticket)).toBe(200);
  });

  test('gives no further tickets, administers nothing, and never reaches the log', async () => {
    const granted = await token({ subscribe: ['*'], admin: true });
    const [one, two] = [await issue(['chat.a'], granted), await issue(['chat.a'], granted)];
    const more = await request(`${first()}/tickets?ticket=${one}`, {
      json: { channels: ['chat.a'] },
    });
    expect(more.status).toBe(403);
    expect((await request(`${first()}/connections?ticket=${two}`)).status).toBe(403);
    for (const node of nodes) expect(node.output).not.toMatch(new RegExp(`${one}|${two}`));
  });

  test.each(['', 'x', 'x'.repeat(43), '%00', 'a&ticket=b'])(
    'that nobody issued, %j, is refused',
    async (ticket) => {
      expect(await use(ticket)).toBe(401);
    },
  );

  test('is given only to who has a token and may subscribe', async () => {
    const body = { channels: ['chat.a'] };
    const granted = await token({ subscribe: ['chat.a'] });
    const statuses = [
      (await ask(body)).status,
      (await ask(body, 'x.y.z')).status,
      (await ask(body, unsigned({ sub: 'ada' }))).status,
      (await ask(body, await token({ ...body, expires: -60 }))).status,
      (await ask(body, await token({ publish: ['chat.*'] }))).status,
      (await ask({ channels: ['chat.a', 'chat.b'] }, granted)).status,
      (await ask(body, granted)).status,
    ];
    expect(statuses).toEqual([401, 401, 401, 401, 403, 403, 201]);
  });

  test.each<[unknown, number]>([
    [{}, 400],
    [{ channels: [] }, 400],
    [{ channels: 'chat.a' }, 400],
    [{ channels: [1] }, 400],
    [{ channels: ['chat.a', 'chat.a'] }, 400],
    [{ channels: ['no such'] }, 400],
    [{ channels: ['no.such'] }, 404],
    [{ channels: Array.from({ length: 101 }, (_, index) => `chat.${index}`) }, 400],
    [{ channels: ['chat.a'], seconds: 1e9 }, 400],
    [[], 400],
  ])('is not given for %j', async (body, status) => {
    expect((await ask(body, await token({ subscribe: ['chat.*'] }))).status).toBe(status);
  });

  test('counts no longer than it says', async () => {
    const node = await startNode({ IDEMPOTENCY_SECONDS: '1' });
    try {
      const subscribe = ['chat.*'];
      const answer = await ask({ channels: ['chat.a'] }, await token({ subscribe }), node.url);
      const { ticket, expiresAt } = answer.json() as { ticket: string; expiresAt: string };
      await until('it has expired', () => Promise.resolve(Date.parse(expiresAt) < Date.now()));
      expect(await use(ticket, node.url)).toBe(401);
    } finally {
      await node.stop();
    }
  });

  test('is refused with 503 while the broker is away', async () => {
    if (!redis) return;
    const ticket = await issue(['chat.a']);
    await redis.kill();
    expect(await use(ticket, first())).toBe(503);
    expect(
      (await ask({ channels: ['chat.a'] }, await token({ subscribe: ['chat.*'] }))).status,
    ).toBe(503);
    await redis.restart();
    await until('it counts', async () => (await use(ticket, first())) === 200);
  });
});
