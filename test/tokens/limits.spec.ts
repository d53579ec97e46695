import { afterEach, expect, test } from '@jest/globals';
import { BirdsongNode } from '../harness/birdsong-node.js';
import { request } from '../harness/http-client.js';
import { newApiKey } from '../../src/tokens/api-keys.js';
import { SECRET_ENV, token } from './issuer.js';

const ONE_SEND = { MAX_SENDS_PER_SECOND: '0.01', MAX_SEND_BURST: '1' };
const hi = { data: { name: 'Ada', message: 'hi' } };

let node: BirdsongNode | undefined;

afterEach(async () => {
  await node?.stop();
  node = undefined;
});

async function start(env: Record<string, string>): Promise<string> {
  node = await BirdsongNode.start({ env });
  return node.url;
}

async function send(url: string, headers: Record<string, string> = {}): Promise<number> {
  return (await request(`${url}/channels/chat.a/messages`, { headers, json: hi })).status;
}

async function sends(url: string, count: number, credential?: string): Promise<number[]> {
  const headers = credential === undefined ? {} : { Authorization: `Bearer ${credential}` };
  const statuses: number[] = [];
  for (let number = 0; number < count; number += 1) statuses.push(await send(url, headers));
  return statuses;
}

test('The server has limits without being told, and they let a lively client through', async () => {
  const url = await start({ MAX_SENDS_PER_SECOND: '' });
  const startedAt = performance.now();
  const accepted = { count: 0 };
  let isRefused = false;
  while (!isRefused) {
    const statuses = await Promise.all(Array.from({ length: 20 }, () => send(url)));
    accepted.count += statuses.filter((status) => status === 201).length;
    isRefused = statuses.includes(429);
  }
  const elapsedSeconds = (performance.now() - startedAt) / 1000;
  expect(accepted.count).toBeGreaterThanOrEqual(200);
  expect(accepted.count).toBeLessThanOrEqual(201 + 50 * elapsedSeconds);
});

test('A token may bring limits of its own, and API keys have none', async () => {
  const { key, sha256 } = newApiKey();
  const url = await start({
    ...SECRET_ENV,
    ...ONE_SEND,
    API_KEYS: `shop|${sha256}|publish=chat.*`,
  });
  expect(await sends(url, 2)).toEqual([201, 429]);
  expect(await sends(url, 2, await token())).toEqual([201, 429]);
  const withLimits = (sub: string, limits: unknown) => token({ sub, claim: { limits } });
  expect(await sends(url, 4, await withLimits('bob', { sendBurst: 3 }))).toEqual([
    201, 201, 201, 429,
  ]);
  expect(await sends(url, 3, await withLimits('cleo', false))).toEqual([201, 201, 201]);
  expect(await sends(url, 3, key)).toEqual([201, 201, 201]);
  // The limits belong to the identity, so another token does not begin anew.
  expect(await sends(url, 1, await withLimits('bob', { sendBurst: 3 }))).toEqual([429]);
});

test.each([{ sendBurst: 0 }, { sendBurst: 'many' }, { sendsPerMinute: 1 }, true, []])(
  'A token with the limits %j does not count',
  async (limits) => {
    const url = await start(SECRET_ENV);
    expect(await sends(url, 1, await token({ claim: { limits } }))).toEqual([401]);
  },
);

test('Behind a proxy that it trusts, the server counts the clients of the proxy', async () => {
  const url = await start({ ...ONE_SEND, TRUST_PROXY: 'loopback' });
  const from = (address: string) => send(url, { 'X-Forwarded-For': address });
  expect([await from('1.1.1.1'), await from('2.2.2.2'), await from('1.1.1.1')]).toEqual([
    201, 201, 429,
  ]);
  // What a client writes itself stands before what the proxy adds.
  expect(await from('9.9.9.9, 1.1.1.1')).toBe(429);
  expect([await from('2001:db8::1'), await from('2001:db8::2')]).toEqual([201, 429]);
});

test('A proxy that is not trusted is one client, and the log says so once', async () => {
  const url = await start(ONE_SEND);
  const from = (address: string) => send(url, { 'X-Forwarded-For': address });
  expect([await from('1.1.1.1'), await from('2.2.2.2')]).toEqual([201, 429]);
  expect(node?.output.match(/TRUST_PROXY must say so/g)).toHaveLength(1);
});
