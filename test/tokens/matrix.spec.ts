import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BirdsongNode } from '../harness/birdsong-node.js';
import { request } from '../harness/http-client.js';
import { SseReader } from '../harness/sse-reader.js';
import { newApiKey } from '../../src/tokens.js';
import {
  keyPair,
  SECRET_ENV,
  token,
  tokenOf,
  unsigned,
  type KeyPair,
  type TokenOptions,
} from './issuer.js';

type Carrier = 'Bearer' | 'cookie' | 'ticket';

const all = { publish: ['chat.*'], subscribe: ['chat.*'], moderate: ['chat.*'] };
const other = { publish: ['chat.other'], subscribe: ['chat.other'], moderate: ['chat.other'] };

let node: BirdsongNode;
let es: KeyPair;
let stranger: KeyPair;
let keys: { readonly right: string; readonly other: string };
let position = '';
/** Messages to edit and to delete. */
let kept: readonly string[] = [];

/** Each kind of credential, with the status of every endpoint. */
const KINDS: readonly [
  name: string,
  make: () => Promise<string | undefined> | string,
  status: number,
][] = [
  ['none', () => Promise.resolve(undefined), 401],
  ['malformed', () => 'not.a.token', 401],
  ['of one part', () => 'abc', 401],
  ['expired', () => token({ ...all, expires: -60 }), 401],
  ['not yet valid', () => token({ ...all, notBefore: 60 }), 401],
  ['signed with a wrong secret', () => token(all, Buffer.from('x'.repeat(40))), 401],
  ['signed with a wrong key', () => tokenOf(stranger, all), 401],
  ['with alg none', () => unsigned({ sub: 'ada' }), 401],
  ['HS256, signed with the public key', () => token(all, Buffer.from(es.pem)), 401],
  ['HS256, signed with the trimmed public key', () => token(all, Buffer.from(es.pem.trim())), 401],
  [
    'with an alg that is not its key’s',
    () => token(all, stranger.privateKey, { alg: 'RS256' }),
    401,
  ],
  ['for another audience', () => token({ ...all, audience: 'elsewhere' }), 401],
  ['of another issuer', () => token({ ...all, issuer: 'https://evil.test/' }), 401],
  ['without a subject', () => token({ ...all, sub: '' }), 401],
  ['with a subject too long', () => token({ ...all, sub: 'x'.repeat(257) }), 401],
  ['with patterns that are none', () => token({ claim: { subscribe: ['*.x'] } }), 401],
  ['with grants that are none', () => token({ claim: 'chat.*' }), 401],
  ['with an unknown key', () => `bsk_${'x'.repeat(43)}`, 401],
  ['for another channel', () => token(other), 403],
  ['without grants', () => token(), 403],
  ['right, by secret', () => token(all), 200],
  ['right, by public key', () => tokenOf(es, all), 200],
];

const channels = { json: { data: { name: 'Ada', message: 'hi' } } };

/** Each endpoint, and what it answers to whoever may. */
const ENDPOINTS: readonly [
  name: string,
  ask: (headers: Record<string, string>) => Promise<number>,
  ok: number,
][] = [
  ['send', (headers) => status('chat.room/messages', headers, channels), 201],
  [
    'send a batch',
    (headers) =>
      status('chat.room/messages/batch', headers, { json: { messages: [channels.json] } }),
    201,
  ],
  [
    'edit',
    (headers) => status(`chat.room/messages/${kept[0]}`, headers, { method: 'PUT', ...channels }),
    200,
  ],
  [
    'delete',
    (headers) => status(`chat.room/messages/${kept[1]}`, headers, { method: 'DELETE' }),
    204,
  ],
  [
    'delete all of a sender',
    (headers) => status('chat.room/messages?sender=nobody', headers, { method: 'DELETE' }),
    200,
  ],
  ['clear', clear, 204],
  ['read history', (headers) => status('chat.room/messages', headers), 200],
  ['long-poll', (headers) => status(`chat.room/messages?after=${position}&wait=1`, headers), 200],
  ['stream', (headers) => streamStatus('channels/chat.room/events', headers), 200],
  [
    'stream several',
    (headers) => streamStatus('events?channel=chat.room&channel=chat.two', headers),
    200,
  ],
];

beforeAll(async () => {
  [es, stranger] = await Promise.all([keyPair('ES256', 'one'), keyPair('RS256', 'two')]);
  const [right, elsewhere] = [newApiKey(), newApiKey()];
  keys = { right: right.key, other: elsewhere.key };
  const grants = 'publish=chat.:room|subscribe=chat.:room|moderate=chat.:room';
  node = await BirdsongNode.start({
    env: {
      ...SECRET_ENV,
      JWT_PUBLIC_KEY: es.pem,
      JWT_COOKIE: 'session',
      ANONYMOUS: 'off',
      API_KEYS: `a|${right.sha256}|${grants} b|${elsewhere.sha256}|${grants.replaceAll(':room', 'two')}`,
      LOG_LEVEL: 'verbose',
    },
  });
  await renew();
});
afterAll(() => node.stop());

/** Sends the messages to edit and to delete. */
async function renew(): Promise<void> {
  const headers = carried(await token(all), 'Bearer');
  const url = `${node.url}/channels/chat.room/messages`;
  const sent = [
    await request(url, { headers, ...channels }),
    await request(url, { headers, ...channels }),
  ];
  kept = sent.map(({ json }) => (json() as { id: string }).id);
  const { text } = await request(url, { headers });
  ({ position } = JSON.parse(text) as { position: string });
}

async function clear(headers: Record<string, string>): Promise<number> {
  const answered = await status('chat.room/messages', headers, { method: 'DELETE' });
  if (answered === 204) await renew();
  return answered;
}

async function status(
  path: string,
  headers: Record<string, string>,
  options: object = {},
): Promise<number> {
  const { url, rest } = addressed(`channels/${path}`, headers);
  return (await request(url, { headers: rest, ...options })).status;
}

async function streamStatus(path: string, headers: Record<string, string>): Promise<number> {
  const { url, rest } = addressed(path, headers);
  const reader = await SseReader.open(url, { headers: rest });
  const { status: answered } = reader;
  await reader.close();
  return answered;
}

/** A ticket goes into the URL. */
function addressed(path: string, { ticket, ...rest }: Record<string, string>) {
  const url = new URL(`${node.url}/${path}`);
  if (ticket !== undefined) url.searchParams.set('ticket', ticket);
  return { url, rest };
}

function carried(credential: string | undefined, carrier: Carrier): Record<string, string> {
  if (credential === undefined) return {};
  if (carrier === 'ticket') return { ticket: credential };
  return carrier === 'Bearer'
    ? { Authorization: `Bearer ${credential}` }
    : { Cookie: `theme=dark; session=${credential}`, Origin: node.url };
}

async function issue(channels: readonly string[], granted: TokenOptions): Promise<string> {
  const answer = await request(`${node.url}/tickets`, {
    json: { channels },
    headers: carried(await token(granted), 'Bearer'),
  });
  return (answer.json() as { ticket: string }).ticket;
}

/** One that has opened a stream already. */
async function usedTicket(): Promise<string> {
  const ticket = await issue(['chat.room', 'chat.two'], all);
  await status('chat.room/messages', { ticket });
  return ticket;
}

async function revokedTicket(): Promise<string> {
  const granted = { ...all, sub: 'mallory', issuedAgo: 10 };
  const ticket = await issue(['chat.room', 'chat.two'], granted);
  const headers = carried(await token({ sub: 'root', admin: true }), 'Bearer');
  await request(`${node.url}/revocations`, { json: { ticket }, headers });
  return ticket;
}

const TICKETS: typeof KINDS = [
  ['right', () => issue(['chat.room', 'chat.two'], all), 200],
  ['used', usedTicket, 401],
  ['revoked', revokedTicket, 401],
  ['for another channel', () => issue(['chat.two'], all), 403],
  ['that is a right token', () => token(all), 401],
  ['that is a right key', () => keys.right, 401],
  ['malformed', () => '%', 401],
];

const KEYS: typeof KINDS = [
  ['right', () => keys.right, 200],
  ['for another channel', () => keys.other, 403],
  ['cut short', () => keys.right.slice(0, -1), 401],
];

describe.each([
  ['A ticket', 'ticket', TICKETS],
  ['A key by Bearer', 'Bearer', KEYS],
  ['A key by cookie', 'cookie', KEYS],
] as const)('%s', (_what, carrier, kinds) => {
  describe.each(ENDPOINTS)('to %s', (_endpoint, ask, ok) => {
    test.each(kinds)('%s', async (_kind, make, expected) => {
      const answered = await ask(carried(await make(), carrier));
      expect(answered).toBe(expected === 200 ? ok : expected);
    });
  });
});

describe.each<Carrier>(['Bearer', 'cookie'])('A token by %s', (carrier) => {
  describe.each(ENDPOINTS)('to %s', (_endpoint, ask, ok) => {
    test.each(KINDS)('%s', async (_kind, make, expected) => {
      const answered = await ask(carried(await make(), carrier));
      expect(answered).toBe(expected === 200 ? ok : expected);
    });
  });
});

test.each(['Bearer', 'bearer ', 'Bearer a b', 'Bearer ü', 'Bearer a=b'])(
  'an Authorization header %j is refused',
  async (authorization) => {
    expect(await status('chat.room/messages', { Authorization: encodeURI(authorization) })).toBe(
      401,
    );
  },
);

test('a token in the URL does not count, under any name', async () => {
  const right = await token(all);
  for (const name of ['token', 'access_token', 'jwt', 'authorization', 'session', 'ticket']) {
    expect(await status(`chat.room/messages?${name}=${right}`, {})).not.toBe(200);
  }
});

test('the header counts before the cookie, and another scheme is not a token', async () => {
  const [right, wrong] = [await token(all), await token(other)];
  const both = { Authorization: `Bearer ${wrong}`, Cookie: `session=${right}` };
  expect(await status('chat.room/messages', both)).toBe(403);
  const basic = { Authorization: 'Basic YTpi', Cookie: `session=${right}` };
  expect(await status('chat.room/messages', basic)).toBe(200);
});

test('no credential reaches the log', async () => {
  const [right, expired] = [await token(all), await token({ ...all, expires: -60 })];
  for (const one of [right, expired, `bsk_${'y'.repeat(43)}`]) {
    await status('chat.room/messages', { Authorization: `Bearer ${one}` });
    await status('chat.room/messages', { Cookie: `session=${one}` });
    expect(node.output).not.toContain(one.slice(-20));
  }
  expect(node.output).not.toContain(SECRET_ENV.JWT_SECRET);
});

describe('A page of another origin', () => {
  const send = async (headers: Record<string, string>): Promise<number> =>
    status('chat.room/messages', { Cookie: `session=${await token(all)}`, ...headers }, channels);

  test.each([
    ['its own origin', () => ({ Origin: node.url }), 201],
    ['no Origin, and Sec-Fetch-Site same-origin', () => ({ 'Sec-Fetch-Site': 'same-origin' }), 201],
    ['another origin', () => ({ Origin: 'https://evil.test' }), 403],
    ['another port', () => ({ Origin: 'http://127.0.0.1:1' }), 403],
    ['a null origin', () => ({ Origin: 'null' }), 403],
    [
      'another origin that claims to be the same site',
      () => ({ Origin: 'https://evil.test', 'Sec-Fetch-Site': 'same-origin' }),
      403,
    ],
    ['no Origin, and Sec-Fetch-Site same-site', () => ({ 'Sec-Fetch-Site': 'same-site' }), 403],
    ['no Origin, and Sec-Fetch-Site none', () => ({ 'Sec-Fetch-Site': 'none' }), 403],
    ['nothing that says whose page it is', () => ({}), 403],
  ])('that sends with the cookie: %s', async (_what, headers, expected) => {
    expect(await send(headers())).toBe(expected);
  });
});
