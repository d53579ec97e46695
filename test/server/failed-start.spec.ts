import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import {
  BirdsongNode,
  type BirdsongNodeOptions,
  type BirdsongRun,
} from '../harness/birdsong-node.js';
import { freePort } from '../harness/free-port.js';
import { RedisServer } from '../harness/redis-server.js';

/** Starts a server that must fail, and returns the one line that says why. */
async function failure(options: BirdsongNodeOptions): Promise<string> {
  const run: BirdsongRun = await BirdsongNode.run(options);

  expect(run.code).toBe(1);
  expect(run.stderr).toMatch(/^Birdsong did not start: [^\n]+\n$/);
  expect(run.stdout).not.toMatch(/^\s+at /m);
  return run.stderr;
}

describe('The server that cannot start says why in one line', () => {
  let listener: Server | undefined;
  let redis: RedisServer | undefined;

  afterEach(async () => {
    listener?.close();
    listener = undefined;
    await redis?.stop();
    redis = undefined;
  });

  /** Listens on a port, and never answers. */
  async function listen(): Promise<number> {
    listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    return (listener.address() as AddressInfo).port;
  }

  it.each([
    ['PORT', 'abc'],
    ['PORT', '70000'],
    ['PORT', '-1'],
    ['PORT', '80.5'],
    ['LOG_LEVEL', 'loud'],
    ['REDIS_URL', 'http://x'],
    ['REDIS_URL', 'nonsense'],
    ['REDIS_CLUSTER_NODES', 'redis-1'],
    ['REDIS_CLUSTER_NODES', 'redis-1:6379,,redis-2:6379'],
    ['REDIS_SENTINELS', 'redis://a:1'],
    ['REDIS_TLS', 'yes'],
    ['REDIS_TLS_CA_FILE', '/no/such/file'],
    ['REDIS_COMMAND_TIMEOUT_MS', '1'],
    ['REDIS_WAIT_FOR_REPLICAS', 'all'],
    ['REDIS_PROBE_INTERVAL_MS', '1s'],
    ['REDIS_KEY_PREFIX', 'a {b}'],
    ['CORS_ORIGINS', 'app.example.com'],
    ['MAX_MESSAGE_BYTES', '64k'],
    ['MAX_BATCH_BYTES', 'many'],
    ['HISTORY_COUNT', '0'],
    ['HISTORY_SECONDS', 'day'],
    ['IDEMPOTENCY_SECONDS', '0'],
    ['HEARTBEAT_SECONDS', '0'],
    ['MAX_CHANNELS_PER_STREAM', '1001'],
    ['DRAIN_SECONDS', '-1'],
    ['MAX_CONNECTIONS', '0'],
    ['MAX_SENDS_PER_SECOND', '0.0001'],
    ['MAX_SENDS_PER_SECOND', '-1'],
    ['MAX_SEND_BURST', '0'],
    ['SIGN_IN', 'production'],
    ['TRUST_PROXY', 'true'],
    ['TRUST_PROXY', '10.0.0.0/33'],
    ['TRUST_PROXY', '10.0.0.0/0'],
    ['TRUST_PROXY', '10.1/16'],
    ['TRUST_PROXY', '100'],
    ['FEED_LINGER_SECONDS', '-1'],
    ['COALESCE_MS', '5000'],
  ])('for %s=%s', async (name, value) => {
    // The key prefix matters only with Redis. The server fails before it connects.
    const redisUrl = name === 'REDIS_KEY_PREFIX' ? { REDIS_URL: 'redis://127.0.0.1:1' } : {};

    expect(await failure({ env: { ...redisUrl, [name]: value } })).toContain(`not start: ${name}`);
  });

  it('for several bad variables at once', async () => {
    const line = await failure({ env: { PORT: 'abc', LOG_LEVEL: 'loud' } });

    expect(line).toMatch(/PORT: .+; LOG_LEVEL: .+/);
  });

  it.each<[string, Record<string, string>]>([
    [
      'REDIS_URL (redis://a:1) and REDIS_CLUSTER_NODES (b:2,::1:3) contradict each other: set one',
      { REDIS_URL: 'redis://:secret@a:1', REDIS_CLUSTER_NODES: 'b:2, [::1]:3' },
    ],
    ['REDIS_SENTINELS and REDIS_SENTINEL_NAME need each other', { REDIS_SENTINELS: 'a:1' }],
    ['REDIS_USERNAME (u) needs REDIS_PASSWORD', { REDIS_URL: 'redis://a', REDIS_USERNAME: 'u' }],
    [
      'REDIS_TLS contradicts REDIS_URL (redis://a), which is without TLS',
      { REDIS_URL: 'redis://a', REDIS_TLS: 'true' },
    ],
    [
      'REDIS_TLS_CA_FILE: of no use without TLS',
      { REDIS_CLUSTER_NODES: 'a:1', REDIS_TLS_CA_FILE: 'package.json' },
    ],
  ])('for a contradiction: %s', async (line, env) => {
    expect(await failure({ env })).toContain(`not start: ${line}`);
  });

  it('for a Redis Cluster or Sentinels that do not listen', async () => {
    const nodes = `127.0.0.1:${await freePort()}`;
    const cluster = await failure({ env: { REDIS_CLUSTER_NODES: nodes } });
    const sentinel = await failure({ env: { REDIS_SENTINELS: nodes, REDIS_SENTINEL_NAME: 'm' } });

    expect(cluster).toContain(`Redis Cluster at ${nodes}: connect ECONNREFUSED`);
    expect(sentinel).toContain(`Redis Sentinel at ${nodes}: connect ECONNREFUSED`);
  });

  it('for a port that is taken', async () => {
    const port = await listen();
    const line = await failure({ port });

    expect(line).toContain('EADDRINUSE');
    expect(line).toContain(`127.0.0.1:${port}`);
  });

  it('for an address that this machine does not have', async () => {
    expect(await failure({ host: '203.0.113.7' })).toContain('203.0.113.7');
  });

  it('for a Redis that does not listen', async () => {
    const port = await freePort();
    const line = await failure({ env: { REDIS_URL: `redis://127.0.0.1:${port}` } });

    expect(line).toContain(`127.0.0.1:${port}`);
    expect(line).toContain('ECONNREFUSED');
  });

  it('for a Redis that never answers', async () => {
    const port = await listen();
    const line = await failure({ env: { REDIS_URL: `redis://127.0.0.1:${port}` } });

    expect(line).toContain(`127.0.0.1:${port}`);
  });

  it('for a Redis that wants another password, without printing the one given', async () => {
    redis = await RedisServer.start({ args: ['--requirepass', 'right'] });
    const { port } = redis;
    const none = await failure({ env: { REDIS_URL: redis.url } });
    const wrong = await failure({ env: { REDIS_URL: `redis://:secret@127.0.0.1:${port}` } });

    expect(none).toContain('NOAUTH');
    expect(wrong).toContain('WRONGPASS');
    expect(wrong).not.toContain('secret');
  });

  it('for a database that this Redis does not have', async () => {
    redis = await RedisServer.start();

    expect(await failure({ env: { REDIS_URL: `${redis.url}/99` } })).toContain('DB index');
  });
});
