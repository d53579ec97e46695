import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BirdsongNode } from '../harness/birdsong-node.js';
import { request, type HttpAnswer } from '../harness/http-client.js';
import { RedisServer } from '../harness/redis-server.js';

describe('The health of the server', () => {
  let redis: RedisServer;
  let node: BirdsongNode;

  beforeEach(async () => {
    redis = await RedisServer.start();
    node = await BirdsongNode.start({ env: { REDIS_URL: redis.url } });
  });
  afterEach(async () => {
    await node.stop();
    await redis.stop();
  });

  const health = (kind: 'live' | 'ready') => request(`${node.url}/health/${kind}`);

  /** Polls until the answer has this status, or the test times out. */
  async function untilReadyIs(status: number): Promise<HttpAnswer> {
    for (;;) {
      const answer = await health('ready');
      if (answer.status === status) return answer;
    }
  }

  it('is good while it can accept and deliver messages', async () => {
    const answers = await Promise.all([health('live'), health('ready')]);

    for (const { status, headers, json } of answers) {
      expect(status).toBe(200);
      expect(headers['cache-control']).toBe('no-store');
      expect(json()).toEqual({ status: 'ok' });
    }
  });

  it('is good without Redis', async () => {
    const alone = await BirdsongNode.start();
    try {
      expect((await request(`${alone.url}/health/ready`)).status).toBe(200);
    } finally {
      await alone.stop();
    }
  });

  it('is live but not ready while Redis is down, and is ready again afterwards', async () => {
    await redis.kill();
    const down = await untilReadyIs(503);

    expect(down.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(down.headers['retry-after']).toMatch(/^\d+$/);
    expect(down.json()).toMatchObject({ status: 503, code: 'broker-unavailable' });
    expect((await health('live')).status).toBe(200);
    const send = () => request(`${node.url}/channels/public.a/messages`, { json: { data: 1 } });
    expect((await send()).status).toBe(503);

    await redis.restart();
    await untilReadyIs(200);
    expect((await send()).status).toBe(201);
    expect(await node.stop()).toBe(0);
  });

  const full = ['CONFIG', 'SET', 'maxmemory', '1'] as const;

  it.each([
    ['full', [full], [['CONFIG', 'SET', 'maxmemory', '0']], 'has no memory left'],
    [
      'read-only',
      [['REPLICAOF', '127.0.0.1', '1']],
      [['REPLICAOF', 'NO', 'ONE']],
      'takes no messages',
    ],
    [
      'no-replicas',
      [['CONFIG', 'SET', 'min-replicas-to-write', '1']],
      [['CONFIG', 'SET', 'min-replicas-to-write', '0']],
      'too few replicas',
    ],
    [
      'no-rights',
      [['ACL', 'SETUSER', 'default', '-xadd']],
      [['ACL', 'SETUSER', 'default', '+xadd']],
      'does not let this server in',
    ],
  ] as const)(
    'says of a Redis that is %s what it is, and so do sends',
    async (reason, begin, end, words) => {
      await node.stop();
      node = await BirdsongNode.start({
        env: { REDIS_URL: redis.url, REDIS_PROBE_INTERVAL_MS: '100' },
      });
      const admin = redis.client();
      const run = async (commands: readonly (readonly [string, ...string[]])[]) => {
        for (const [name, ...parts] of commands) await admin.call(name, ...parts);
      };
      const expected = { status: 503, code: 'broker-unavailable', reason };
      await run(begin);
      const ready = (await untilReadyIs(503)).json() as { detail: string };
      const sent = await request(`${node.url}/channels/public.a/messages`, { json: { data: 1 } });

      for (const problem of [ready, sent.json()]) expect(problem).toMatchObject(expected);
      expect(ready.detail).toContain(words);
      expect(sent.text).not.toContain('redis');
      await run(end);
      // Without any send: the node tries by itself.
      await untilReadyIs(200);
    },
  );

  it('says of a Redis that does not answer that it is unreachable', async () => {
    await redis.kill();

    expect((await untilReadyIs(503)).json()).toMatchObject({ reason: 'unreachable' });
  });
});
