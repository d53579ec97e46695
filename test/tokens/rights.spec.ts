import { afterEach, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { BirdsongNode } from '../harness/birdsong-node.js';
import { builtPackage } from '../harness/built-package.js';
import { request } from '../harness/http-client.js';
import { SseReader } from '../harness/sse-reader.js';
import { keyPair, SECRET_ENV, token, type TokenOptions } from './issuer.js';

const run = promisify(execFile);
const hi = { data: { name: 'Ada', message: 'hi' } };

let node: BirdsongNode | undefined;

afterEach(async () => {
  await node?.stop();
  node = undefined;
});

async function start(env: Record<string, string> = SECRET_ENV): Promise<string> {
  node = await BirdsongNode.start({ env });
  return node.url;
}

const bearer = (credential: string) => ({ Authorization: `Bearer ${credential}` });

/** The statuses of reading and of sending. */
async function mayUse(
  url: string,
  channel: string,
  credential?: string,
): Promise<[number, number]> {
  const headers = credential === undefined ? {} : bearer(credential);
  const messages = `${url}/channels/${channel}/messages`;
  return [
    (await request(messages, { headers })).status,
    (await request(messages, { headers, json: hi })).status,
  ];
}

/** Runs the command as an operator does. */
async function birdsong(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<string> {
  const { stdout } = await run(process.execPath, ['dist/bin.js', ...args], {
    cwd: builtPackage,
    env: { PATH: process.env['PATH'], ...env },
  });
  return stdout;
}

describe('With tokens on', () => {
  test('anyone may chat as before, and a token names the sender', async () => {
    const url = await start();
    expect(await mayUse(url, 'chat.a')).toEqual([200, 201]);
    expect(await mayUse(url, 'public.a')).toEqual([200, 201]);
    expect(await mayUse(url, 'chat.a', await token())).toEqual([200, 201]);
    const { messages } = (await request(`${url}/channels/chat.a/messages`)).json() as {
      messages: { sender?: string }[];
    };
    expect(messages.map(({ sender }) => sender)).toEqual([undefined, 'ada']);
    expect(await mayUse(url, 'chat.a', await token({ expires: -60 }))).toEqual([401, 401]);
  });

  test.each<[string, TokenOptions | undefined, string, [number, number]]>([
    ['nobody', undefined, 'user.ada', [401, 401]],
    ['the user', {}, 'user.ada', [200, 403]],
    ['the user, below', {}, 'user.ada.notices.new', [200, 403]],
    ['another user', { sub: 'bob' }, 'user.ada', [403, 403]],
    ['one whose name begins alike', { sub: 'ad' }, 'user.ada', [403, 403]],
    ['one with a pattern to read', { sub: 'bob', subscribe: ['user.:id'] }, 'user.ada', [200, 403]],
    [
      'one with a pattern, below',
      { sub: 'bob', subscribe: ['user.:id'] },
      'user.ada.x',
      [403, 403],
    ],
    ['one with a pattern to send', { sub: 'bob', publish: ['user.*'] }, 'user.ada.x', [403, 201]],
    [
      'one with both',
      { sub: 'b', publish: ['user.ada'], subscribe: ['user.*'] },
      'user.ada',
      [200, 201],
    ],
    ['an admin without patterns', { sub: 'root', admin: true }, 'user.ada', [403, 403]],
  ])('%s may use a user’s channel as told', async (_who, options, channel, expected) => {
    const url = await start();
    expect(await mayUse(url, channel, options && (await token(options)))).toEqual(expected);
  });

  test('users’ channels stay closed without tokens', async () => {
    const url = await start({});
    expect(await mayUse(url, 'user.ada')).toEqual([403, 403]);
    expect(await mayUse(url, 'chat.a', 'x.y.z')).toEqual([200, 201]);
  });

  test.each([
    [{ JWT_SECRET: 'too short' }, 'at least 32 bytes'],
    [{ JWT_PUBLIC_KEY: 'no key' }, 'JWT_PUBLIC_KEY: must be PEM'],
    [
      { JWT_PUBLIC_KEY: '-----BEGIN PUBLIC KEY-----\\nAAAA\\n-----END PUBLIC KEY-----' },
      'not valid PEM',
    ],
    [
      { JWT_PUBLIC_KEY: '-----BEGIN PRIVATE KEY-----\\nAAAA\\n-----END PRIVATE KEY-----' },
      'private',
    ],
    [{ JWT_JWKS_URL: 'file:///etc/passwd' }, 'http or https'],
    [{ API_KEYS: 'billing:hunter2' }, 'API_KEYS: key 1'],
    [{ API_KEYS: `a|${'0'.repeat(64)} b|${'0'.repeat(63)}` }, 'API_KEYS: key 2'],
    [{ API_KEYS: `a|${'0'.repeat(64)}|publish=*.x` }, 'pattern'],
    [{ ANONYMOUS: 'maybe' }, 'ANONYMOUS'],
    [{ ANONYMOUS: 'off' }, 'ANONYMOUS'],
  ])('the server does not start with %j, and says why without the value', async (env, said) => {
    const { code, stderr } = await BirdsongNode.run({ env });
    expect(code).toBe(1);
    expect(stderr).toContain(said);
    expect(stderr).not.toMatch(/too short|hunter2|AAAA/);
  });

  test('several public keys may count at once', async () => {
    const [one, two] = [await keyPair('ES384', '1'), await keyPair('RS256', '2')];
    const pems = `${one.pem.replaceAll('\n', String.raw`\n`)}\n${two.pem}`;
    const url = await start({ JWT_PUBLIC_KEY: pems, ANONYMOUS: 'off' });
    const options = { subscribe: ['chat.*'], publish: ['chat.*'] };
    for (const { alg, kid, privateKey } of [one, two]) {
      const signed = await token(options, privateKey, { alg, kid });
      expect(await mayUse(url, 'chat.a', signed)).toEqual([200, 201]);
    }
    const pss = await token(options, two.privateKey, { alg: 'RS256' });
    expect(await mayUse(url, 'chat.a', pss)).toEqual([200, 201]);
  });
});

describe('The birdsong command', () => {
  test('makes tokens that the server takes', async () => {
    const url = await start({ ...SECRET_ENV, ANONYMOUS: 'off' });
    const args = ['token', '--sub', 'alice', '--subscribe', 'chat.*', '--expires', '1h'];
    const reading = (await birdsong(args, SECRET_ENV)).trim();
    expect(await mayUse(url, 'chat.a', reading)).toEqual([200, 403]);
    const both = (await birdsong([...args, '--publish=chat.a,chat.b'], SECRET_ENV)).trim();
    expect(await mayUse(url, 'chat.b', both)).toEqual([200, 201]);
    expect(await mayUse(url, 'chat.c', both)).toEqual([200, 403]);
  });

  test.each([
    [['token'], '--sub'],
    [['token', '--sub', 'a', '--expires', 'soon'], '--expires'],
    [['token', '--sub', 'a', '--publish', '*.x'], '*.x'],
    [['keys'], '--name'],
    [['keys', '--name', 'a b'], '--name'],
    [['keys', '--name', 'a', '--subscribe='], '--subscribe'],
  ])('refuses %j in one line', async (args, said) => {
    const failed = await birdsong(args, SECRET_ENV).then(
      () => ({ code: 0, stderr: '' }),
      (error: unknown) => error as { code: number; stderr: string },
    );
    expect(failed.code).toBe(2);
    expect(failed.stderr).toMatch(/^[^\n]*See birdsong --help\.\n$/);
    expect(failed.stderr).toContain(said);
  });

  test('makes keys that the server takes, several at once, each with its patterns', async () => {
    const [billingKey = '', billing = ''] = (
      await birdsong(['keys', '--name', 'billing', '--publish', 'user.*'])
    ).split('\n');
    const [deskKey = '', desk = ''] = (
      await birdsong(['keys', '--name', 'desk', '--subscribe', 'user.*,chat.:room', '--admin'])
    ).split('\n');
    const entries = [billing, desk].map((line) => line.replace('API_KEYS=', ''));
    const url = await start({ API_KEYS: entries.join(' '), ANONYMOUS: 'off' });

    expect(await mayUse(url, 'user.ada', billingKey)).toEqual([403, 201]);
    expect(await mayUse(url, 'user.ada', deskKey)).toEqual([200, 403]);
    expect(await mayUse(url, 'chat.a', deskKey)).toEqual([200, 403]);
    expect(await mayUse(url, 'chat.a', `${deskKey.slice(0, -1)}!`)).toEqual([401, 401]);
    expect(await mayUse(url, 'chat.a')).toEqual([401, 401]);
  });
});

describe('A right that ends', () => {
  test('ends its stream at that moment, and tells the client to come back', async () => {
    const url = await start();
    const expires = 2;
    const headers = bearer(await token({ expires }));
    const endsAt = Math.floor(Date.now() / 1000 + expires) * 1000;
    const reader = await SseReader.open(`${url}/channels/user.ada/events`, { headers });
    await reader.ended;

    const closing = reader.events.find(({ event }) => event === 'stream.closing');
    expect(JSON.parse(closing?.data ?? '')).toEqual({ reason: 'token-expired', reconnect: true });
    expect(Date.now()).toBeGreaterThanOrEqual(endsAt - 1000);
    const again = await SseReader.open(`${url}/channels/user.ada/events`, { headers });
    expect(again.status).toBe(401);
    await again.close();
  });

  test('comes back at its position with a new token', async () => {
    const url = await start();
    const server = bearer(await token({ sub: 'server', publish: ['user.*'] }));
    const send = (data: number) =>
      request(`${url}/channels/user.ada/messages`, { headers: server, json: { data } });
    const stream = `${url}/channels/user.ada/events`;
    const old = await SseReader.open(stream, { headers: bearer(await token({ expires: 2 })) });
    await old.until(() => old.events.length > 0);
    await send(1);
    await old.ended;
    const last = old.events.findLast(({ event }) => event === 'message');
    await send(2);
    const fresh = await SseReader.open(stream, {
      headers: { ...bearer(await token()), 'Last-Event-ID': last?.id ?? '' },
    });
    await fresh.until(() => fresh.events.some(({ event }) => event === 'message'));
    const data = fresh.events.filter(({ event }) => event === 'message').map((event) => event.data);
    expect(data.map((json) => (JSON.parse(json) as { data: number }).data)).toEqual([2]);
    await fresh.close();
  });

  test('ends a long-poll', async () => {
    const url = await start();
    const headers = bearer(await token({ expires: 2 }));
    const messages = `${url}/channels/user.ada/messages`;
    const { position } = (await request(messages, { headers })).json() as { position: string };
    const { status } = await request(`${messages}?after=${position}&wait=30`, {
      headers,
      // The wait itself would last longer.
      deadlineMs: 25_000,
    });
    expect(status).toBe(200);
    expect((await request(messages, { headers })).status).toBe(401);
  });
});
