import { afterEach, describe, expect, it } from '@jest/globals';
import { BirdsongNode } from '../harness/birdsong-node.js';
import { Certificates } from '../harness/certificates.js';
import { freePort } from '../harness/free-port.js';
import { request } from '../harness/http-client.js';
import { RedisSentinels } from '../harness/redis-sentinels.js';
import { RedisServer } from '../harness/redis-server.js';
import { SseReader } from '../harness/sse-reader.js';

/** What the test started, to be ended in reverse order. */
const ends: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Starts a server with these variables, and expects it to deliver a message. */
async function deliver(env: Record<string, string>): Promise<void> {
  const node = await BirdsongNode.start({ env });
  ends.push(() => node.stop());
  const reader = await SseReader.open(`${node.url}/channels/public.a/events`);
  ends.push(() => reader.close());
  await reader.next(({ event }) => event === 'stream.ready');
  const sent = await request(`${node.url}/channels/public.a/messages`, { json: { data: 'tui' } });
  const { id } = await reader.next(({ event }) => event === 'message');

  expect(sent.status).toBe(201);
  expect(sent.json()).toMatchObject({ id });
}

describe('The server delivers through', () => {
  it('a Redis that Sentinels watch, by their addresses and its name', async () => {
    const watched = await RedisSentinels.start();
    ends.push(() => watched.stop());
    await deliver(watched.env);
  });

  it('a Redis with TLS and a password, by files and variables', async () => {
    const certificates = await Certificates.make();
    ends.push(() => certificates.remove());
    const tlsPort = await freePort();
    const args = [...certificates.redisArgs(tlsPort), '--requirepass', 'secret'];
    const redis = await RedisServer.start({ args });
    ends.push(() => redis.stop());
    await deliver({
      REDIS_URL: `rediss://127.0.0.1:${tlsPort}`,
      REDIS_PASSWORD: 'secret',
      REDIS_TLS_CA_FILE: certificates.caFile,
      REDIS_TLS_CERT_FILE: certificates.certFile,
      REDIS_TLS_KEY_FILE: certificates.keyFile,
    });
  });
});
