import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { BirdsongNode } from '../harness/birdsong-node.js';
import { startChromium } from '../harness/chromium.js';
import { request } from '../harness/http-client.js';
import { SECRET } from '../tokens/issuer.js';
import { ChatTab } from './chat-tab.js';

let node: BirdsongNode;
let url: string;
let browser: Browser;

beforeAll(async () => {
  const env = { JWT_SECRET: SECRET, SIGN_IN: 'development', ANONYMOUS: 'off' };
  [node, browser] = await Promise.all([BirdsongNode.start({ env }), startChromium()]);
  ({ url } = node);
});
afterAll(async () => {
  await browser.close();
  await node.stop();
});

describe('Where the server signs in whoever asks', () => {
  const signIn = (json: unknown) => request(`${url}/sign-in`, { json });

  test('the log says so', () => {
    expect(node.output).toContain('Anyone may sign in as anyone (SIGN_IN).');
  });

  test('a name becomes an identity, in a cookie that scripts cannot read', async () => {
    const answer = await signIn({ name: ' Zoë Doe ' });
    expect(answer.status).toBe(201);
    expect(answer.json()).toMatchObject({ identity: 'zoe-doe', name: 'Zoë Doe' });
    const [cookie = ''] = answer.headers['set-cookie'] ?? [];
    expect(cookie).toMatch(
      /^birdsong-token=[\w.-]+; Max-Age=28800; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    expect(answer.text).not.toContain(cookie.slice(15, 60));

    const headers = {
      Cookie: cookie.slice(0, cookie.indexOf(';')),
      'Sec-Fetch-Site': 'same-origin',
    };
    const read = async (channel: string) =>
      (await request(`${url}/channels/${channel}/messages`, { headers })).status;
    expect([await read('user.zoe-doe'), await read('user.bob'), await read('chat.a')]).toEqual([
      200, 403, 200,
    ]);
    const admin = await request(`${url}/connections`, { headers });
    expect(admin.status).toBe(403);
  });

  test.each(['日本', '🐦', '---'])('the name %s becomes an id, always the same', async (name) => {
    const ids = [await signIn({ name }), await signIn({ name })].map(
      (answer) => (answer.json() as { identity: string }).identity,
    );
    expect(ids[0]).toMatch(/^[0-9a-f]{12}$/);
    expect(ids[1]).toBe(ids[0]);
  });

  test.each([{}, { name: '' }, { name: '  ' }, { name: 'x'.repeat(65) }, { name: 1 }, []])(
    '%j is refused',
    async (body) => {
      const answer = await signIn(body);
      expect(answer.status).toBe(400);
      expect(answer.headers['set-cookie']).toBeUndefined();
    },
  );

  test('another page cannot sign its reader in by a form', async () => {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const answer = await request(`${url}/sign-in`, { method: 'POST', headers, body: 'name=eve' });
    expect(answer.status).toBe(415);
  });

  test('signing out removes the cookie', async () => {
    const answer = await request(`${url}/sign-in`, { method: 'DELETE' });
    expect(answer.status).toBe(204);
    expect(answer.headers['set-cookie']?.[0]).toContain('birdsong-token=; Max-Age=0');
  });

  test('the page joins in under the chosen name, and again on the next visit', async () => {
    const tab = await ChatTab.open(browser, url);
    await tab.at('name-input').fill('Ada');
    await tab.at('name-input').press('Enter');
    await tab.untilState('live');
    await tab.say('hello');
    await tab.untilSent();
    await tab.untilSaid('hello');

    const ask = (path: string) =>
      tab.page.evaluate(async (to) => {
        const answer = await fetch(to);
        return [answer.status, await answer.text()] as const;
      }, path);
    const [status, text] = await ask('/channels/chat.lobby/messages');
    expect(status).toBe(200);
    expect((JSON.parse(text) as { messages: unknown[] }).messages).toMatchObject([
      { sender: 'ada', data: { name: 'Ada', message: 'hello' } },
    ]);
    expect((await ask('/channels/user.ada/messages'))[0]).toBe(200);
    expect((await ask('/channels/user.bob/messages'))[0]).toBe(403);

    await tab.page.context().clearCookies();
    await tab.page.reload();
    await tab.untilState('live');
    await tab.untilSaid('hello');
    expect(tab.faults).toEqual([]);
    await tab.close();
  });
});

test('Other servers have no such route, and their page does not ask for it', async () => {
  const env = { JWT_SECRET: SECRET };
  const plain = await BirdsongNode.start({ env });
  expect((await request(`${plain.url}/sign-in`, { json: { name: 'Ada' } })).status).toBe(404);
  expect((await request(plain.url)).headers['set-cookie']).toBeUndefined();
  await plain.stop();

  const { code, stderr, stdout } = await BirdsongNode.run({ env: { SIGN_IN: 'development' } });
  expect(code).toBe(1);
  expect(stderr + stdout).toContain('SIGN_IN: development needs JWT_SECRET');
});
