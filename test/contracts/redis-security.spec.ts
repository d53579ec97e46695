import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import type { Broker } from '../../src/broker/broker.port.js';
import { Certificates } from '../harness/certificates.js';
import { freePort } from '../harness/free-port.js';
import { RedisCluster } from '../harness/redis-cluster.js';
import { RedisSentinels } from '../harness/redis-sentinels.js';
import { RedisServer } from '../harness/redis-server.js';
import { until } from '../harness/until.js';
import { dataOf, newChannel, publication } from '../../src/testing/contract/publications.js';
import { Recorder } from '../../src/testing/contract/recorder.js';
import { Brokers } from './redis-brokers.js';

const world = new Brokers();
const user = { username: 'birdsong', password: 'password' };
let certificates: Certificates;

beforeAll(async () => {
  certificates = await Certificates.make();
});

afterEach(() => world.closeBrokers());
afterAll(() => certificates.remove());

/** The Redis user exactly as the documentation defines it. */
async function addUser(admin: Redis): Promise<void> {
  const [line = ''] = /^ACL SETUSER .*$/m.exec(readFileSync('docs/redis.md', 'utf8')) ?? [];
  await admin.call('ACL', ...line.split(' ').slice(1));
}

async function users(admin: Redis): Promise<(string | undefined)[]> {
  const lines = String(await admin.client('LIST')).split('\n');
  // This user may not name its connections, so every connection that is not the test's own is Birdsong's.
  return lines.map((line) => / user=(\S+)/.exec(line)?.[1]).filter((name) => name !== 'default');
}

/** Everything that a broker does with Redis, on several channels, so that each shard has one. */
async function use(broker: Broker): Promise<void> {
  for (let count = 0; count < 12; count++) {
    const channel = newChannel({ count: 5 });
    const recorder = await Recorder.on(broker, channel);
    for (const data of [1, 2, 3, 4, 5, 6]) {
      await broker.publish(channel, publication(data, { idempotencyKey: `k${data}` }));
    }
    expect((await recorder.messages(6)).map(dataOf)).toEqual([1, 2, 3, 4, 5, 6]);
    const page = await broker.read(channel, { after: recorder.subscription.position, limit: 9 });
    expect(page.messages.map(dataOf)).toEqual([2, 3, 4, 5, 6]);
    recorder.subscription.close();
  }
}

describe('RedisBroker, with TLS, users and passwords,', () => {
  let redis: RedisServer;
  let tlsPort: number;

  beforeAll(async () => {
    tlsPort = await freePort();
    redis = await RedisServer.start({ args: certificates.redisArgs(tlsPort) });
    await addUser(redis.client());
  });
  afterAll(() => redis.stop());

  test('needs no more rights than documented', async () => {
    const admin = redis.client();
    const broker = await world.openOn({ url: redis.url, ...user });
    await use(broker);

    expect(new Set(await users(admin))).toEqual(new Set([undefined, 'birdsong']));
    expect(await users(admin)).toHaveLength(3);
  });

  test('takes the user from the URL, with TLS, a CA of its own and a certificate to show', async () => {
    const tls = await certificates.options();
    const url = `rediss://birdsong:password@127.0.0.1:${tlsPort}`;
    await use(await world.openOn({ url, tls }));
  });

  test('does not trust a CA that it was not given', async () => {
    const url = `rediss://127.0.0.1:${tlsPort}`;
    await expect(world.openOn({ url })).rejects.toThrow(/127\.0\.0\.1:\d+: .*certificate/);
  });

  test('does not open where its user may not publish, and says so', async () => {
    await expect(world.openOn({ url: redis.url, ...user, keyPrefix: 'elsewhere' })).rejects.toThrow(
      'NOPERM',
    );
  });

  test.each([
    ['xadd'],
    ['hset'],
    ['xrevrange'],
    ['hdel'],
    ['hincrby'],
    ['zrange'],
    ['pexpire'],
    ['set'],
    ['publish'],
    ['subscribe'],
    ['evalsha'],
  ])('does not open without the right to %s, and names it', async (command) => {
    const admin = redis.client();
    await admin.call('ACL', 'SETUSER', 'birdsong', `-${command}`);
    try {
      await expect(world.openOn({ url: redis.url, ...user })).rejects.toThrow(
        // Redis itself names a command, but not one within a script.
        new RegExp(
          `127\\.0\\.0\\.1:\\d+: .*(lacks rights.*\\b${command}:|NOPERM.*'${command}')`,
          'i',
        ),
      );
    } finally {
      await admin.call('ACL', 'SETUSER', 'birdsong', `+${command}`);
    }
  });

  test.each([
    ['keys', ['resetkeys', '~elsewhere:*']],
    ['keys that it may only read', ['resetkeys', '%R~birdsong:*']],
    ['pub/sub channels', ['resetchannels', '&elsewhere:*']],
  ])('does not open without the right to its %s, and says so', async (_, rules) => {
    const admin = redis.client();
    await admin.call('ACL', 'SETUSER', 'birdsong', ...rules);
    try {
      await expect(world.openOn({ url: redis.url, ...user })).rejects.toThrow(
        /lacks rights|NOPERM/,
      );
    } finally {
      await admin.call('ACL', 'SETUSER', 'birdsong', 'resetkeys', '~birdsong:*');
      await admin.call('ACL', 'SETUSER', 'birdsong', 'resetchannels', '&birdsong:*');
    }
  });

  test('leaves nothing behind of what it tries', async () => {
    await world.openOn({ url: redis.url, ...user, keyPrefix: 'birdsong:tried' });

    expect(await redis.client().keys('birdsong:tried:*')).toEqual([]);
  });

  test('does the same on a cluster', async () => {
    const cluster = await RedisCluster.start({ certificates });
    try {
      await Promise.all(cluster.masters.map((node) => addUser(cluster.client(node))));
      const tls = await certificates.options();
      const broker = await world.openOn({
        cluster: cluster.tlsSeeds,
        ...user,
        tls,
      });
      await use(broker);
      for (const node of cluster.masters) {
        expect(new Set(await users(cluster.client(node)))).toEqual(
          new Set([undefined, 'birdsong']),
        );
      }
      await world.closeBrokers();
    } finally {
      await cluster.stop();
    }
  });
  test('does the same with Sentinels, even after a failover', async () => {
    const watched = await RedisSentinels.start(certificates);
    try {
      const [master, replica] = watched.redises;
      const credentials = { username: 'watcher', password: 'watching' };
      await watched.addUser(credentials);
      await Promise.all(watched.redises.map((one) => addUser(one.client())));
      const broker = await world.openOn({
        sentinel: { ...watched.options.sentinel, credentials },
        ...user,
        tls: await certificates.options(),
        probeIntervalMs: 500,
      });
      await use(broker);
      await master.kill();
      await watched.untilMaster(replica);
      const channel = newChannel();
      await until('the replica is written to', async () => {
        await broker.publish(channel, publication('after'));
        return true;
      });
      await use(broker);

      expect(new Set(await users(replica.client()))).toContain('birdsong');
      await world.closeBrokers();
    } finally {
      await watched.stop();
    }
  });
});
