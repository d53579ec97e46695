import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { BirdsongNode } from '../harness/birdsong-node.js';
import { request } from '../harness/http-client.js';
import { SseReader } from '../harness/sse-reader.js';
import { until } from '../harness/until.js';
import { AUDIENCE, ISSUER, JwksServer, keyPair, token, tokenOf, type KeyPair } from './issuer.js';

const all = { publish: ['*'], subscribe: ['*'] };

describe('With keys at a URL, the server', () => {
  let jwks: JwksServer;
  let node: BirdsongNode;
  let first: KeyPair;
  let second: KeyPair;

  beforeEach(async () => {
    [first, second] = await Promise.all([keyPair('RS256', 'one'), keyPair('EdDSA', 'two')]);
    jwks = await JwksServer.start();
    jwks.keys = [first.jwk];
    node = await BirdsongNode.start({
      env: {
        JWT_JWKS_URL: jwks.url,
        JWT_ISSUER: `https://old.test/,${ISSUER}`,
        JWT_AUDIENCE: AUDIENCE,
        ANONYMOUS: 'off',
      },
    });
  });
  afterEach(async () => {
    await node.stop();
    await jwks.stop();
  });

  const read = (credential: string, path = 'public.a/messages') =>
    request(`${node.url}/channels/${path}`, { headers: { Authorization: `Bearer ${credential}` } });
  const statusOf = async (credential: string) => (await read(credential)).status;

  test('takes tokens of its issuers, and fetches the keys once', async () => {
    expect(await statusOf(await tokenOf(first, all))).toBe(200);
    expect(await statusOf(await tokenOf(first, { ...all, issuer: 'https://old.test/' }))).toBe(200);
    expect(await statusOf(await tokenOf(first, { ...all, issuer: 'https://new.test/' }))).toBe(401);
    expect(jwks.requestCount).toBe(1);
  });

  test('never takes one that is signed with a public key as if it were a secret', async () => {
    const secret = Buffer.from(first.pem);
    expect(await statusOf(await token(all, secret))).toBe(401);
    expect(await statusOf(await token(all, secret, { alg: 'HS256', kid: 'one' }))).toBe(401);
  });

  test('learns of a new key while streams of the old one are open, and forgets the old one', async () => {
    const headers = { Authorization: `Bearer ${await tokenOf(first, all)}` };
    const reader = await SseReader.open(`${node.url}/channels/public.a/events`, { headers });
    await reader.until(() => reader.events.length > 0);
    jwks.keys = [second.jwk];
    const fresh = await tokenOf(second, all);
    await until('the new key counts', async () => (await statusOf(fresh)) === 200);

    expect(await statusOf(await tokenOf(first, all))).toBe(401);
    const sent = await request(`${node.url}/channels/public.a/messages`, {
      json: { data: 1 },
      headers: { Authorization: `Bearer ${fresh}` },
    });
    expect(sent.status).toBe(201);
    await reader.until(() => reader.events.some(({ event }) => event === 'message'));
    await reader.close();
  });

  test('does not fetch for every token that names an unknown key', async () => {
    await statusOf(await tokenOf(first, all));
    const strange = await Promise.all(
      Array.from({ length: 20 }, (_, index) => tokenOf({ ...second, kid: `k${index}` }, all)),
    );
    for (const one of strange) expect(await statusOf(one)).toBe(401);
    expect(jwks.requestCount).toBeLessThan(5);
  });

  test('goes on with the keys it knows while the URL is down, and says 503 for others', async () => {
    const known = await tokenOf(first, all);
    expect(await statusOf(known)).toBe(200);
    await jwks.stop();
    expect(await statusOf(known)).toBe(200);
    const unknown = await tokenOf(second, all);
    await until('it tries to fetch', async () => (await statusOf(unknown)) === 503);
    expect(await statusOf(known)).toBe(200);
  });

  test('answers 503, and recovers, if it never got the keys', async () => {
    const { url } = jwks;
    await jwks.stop();
    const down = await read(await tokenOf(first, all));
    expect(down.status).toBe(503);
    expect(down.headers['retry-after']).toBe('1');
    expect(down.json()).toMatchObject({ code: 'tokens-unavailable' });
    expect(down.text).not.toContain(new URL(url).port);
    expect((await request(`${node.url}/health/ready`)).status).toBe(200);

    jwks = await JwksServer.start(Number(new URL(url).port));
    jwks.keys = [first.jwk];
    expect(await statusOf(await tokenOf(first, all))).toBe(200);
  });

  test('does not wait for ever for a URL that does not answer', async () => {
    jwks.isHanging = true;
    expect(await statusOf(await tokenOf(first, all))).toBe(503);
  });

  test.each([
    ['nothing', undefined],
    ['no list', { keys: 1 }],
    ['a private key too', 'private'],
  ])('survives a URL that answers %s', async (_what, body) => {
    jwks.body = body;
    expect([200, 401, 503]).toContain(await statusOf(await tokenOf(first, all)));
    expect((await request(`${node.url}/health/live`)).status).toBe(200);
  });
});
