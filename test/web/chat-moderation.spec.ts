import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { newApiKey } from '../../src/tokens/api-keys.js';
import { BirdsongNode } from '../harness/birdsong-node.js';
import { startChromium } from '../harness/chromium.js';
import { request, type HttpAnswer } from '../harness/http-client.js';
import { SECRET_ENV, token } from '../tokens/issuer.js';
import { ChatTab } from './chat-tab.js';
import { sendToRoom } from './send-to-room.js';

const serverKey = newApiKey();

let node: BirdsongNode;
let url: string;
let browser: Browser;

beforeAll(async () => {
  const env = { ...SECRET_ENV, API_KEYS: `janitor|${serverKey.sha256}|moderate=chat.*` };
  [node, browser] = await Promise.all([BirdsongNode.start({ env }), startChromium()]);
  ({ url } = node);
});
afterAll(async () => {
  await browser.close();
  await node.stop();
});

interface Sent {
  readonly id: string;
  readonly data: { readonly message: string };
}

async function sent(room: string): Promise<Sent[]> {
  const answer = await request(`${url}/channels/chat.${room}/messages`);
  return (answer.json() as { messages: Sent[] }).messages;
}

const moderate = (
  channel: string,
  path: string,
  credential: string | undefined,
  json?: unknown,
): Promise<HttpAnswer> =>
  request(`${url}/channels/${channel}/messages${path}`, {
    method: json === undefined ? 'DELETE' : 'PUT',
    headers: credential === undefined ? {} : { Authorization: `Bearer ${credential}` },
    ...(json !== undefined && { json }),
  });

describe('In the stand-alone server', () => {
  test.each<[string, () => Promise<string | undefined> | string, number]>([
    ['nobody', () => Promise.resolve(undefined), 401],
    ['a user', () => token(), 403],
    ['one who may read and send', () => token({ publish: ['*'], subscribe: ['*'] }), 403],
    ['one with a pattern for others', () => token({ moderate: ['chat.other', 'public.*'] }), 403],
    ['one with a pattern', () => token({ moderate: ['chat.:room'] }), 204],
    ['an admin', () => token({ admin: true }), 204],
    ['a key with a pattern', () => serverKey.key, 204],
  ])('%s may moderate as told', async (_who, credential, expected) => {
    await sendToRoom(url, 'rights', 'hi');
    const { id } = (await sent('rights')).at(-1) ?? { id: '' };
    const answer = await moderate('chat.rights', `/${id}`, await credential());
    expect(answer.status).toBe(expected);
    expect((await moderate('chat.rights', '', await credential())).status).toBe(expected);
    expect((await moderate('user.bob', '', await credential())).status).toBe(
      expected === 204 && _who !== 'an admin' ? 403 : expected,
    );
  });

  test('the page shows what is edited, and no longer what is deleted', async () => {
    const admin = await token({ admin: true });
    await sendToRoom(url, 'lobby', 'hello', 'rude', 'teh end', 'bye');
    const [hello, rude, end] = await sent('lobby');
    const tab = await ChatTab.open(browser, url, { name: 'Ada' });
    await tab.untilSaid('bye');
    const data = { name: 'Sender', message: 'the end' };
    expect((await moderate('chat.lobby', `/${end?.id}`, admin, { data })).status).toBe(200);
    await moderate('chat.lobby', `/${rude?.id}`, admin);
    await tab.said('rude').waitFor({ state: 'detached' });
    expect(await tab.texts()).toEqual(['hello', 'the end', 'bye']);
    expect(await tab.at('message-note').allTextContents()).toEqual(['Edited · ']);

    // A page that comes later sees the same, and goes on from there.
    await tab.page.reload();
    await tab.untilSaid('bye');
    expect(await tab.texts()).toEqual(['hello', 'the end', 'bye']);
    await moderate('chat.lobby', `/${hello?.id}`, admin);
    await tab.said('hello').waitFor({ state: 'detached' });
    await moderate('chat.lobby', '', admin);
    await tab.said('bye').waitFor({ state: 'detached' });
    await sendToRoom(url, 'lobby', 'a new day');
    await tab.untilSaid('a new day');
    expect(await tab.texts()).toEqual(['a new day']);
    expect(tab.faults).toEqual([]);
    await tab.close();
  });
});

test('Without tokens, nobody may moderate', async () => {
  const plain = await BirdsongNode.start();
  const answer = await request(`${plain.url}/channels/chat.lobby/messages`, { method: 'DELETE' });
  expect([answer.status, (answer.json() as { code: string }).code]).toEqual([403, 'forbidden']);
  await plain.stop();
});
