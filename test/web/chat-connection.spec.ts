import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { BirdsongNode } from '../harness/birdsong-node.js';
import { startChromium } from '../harness/chromium.js';
import { TcpProxy } from '../harness/tcp-proxy.js';
import { ChatTab } from './chat-tab.js';
import { numbers, sendToRoom } from './send-to-room.js';

let browser: Browser;
let node: BirdsongNode;
let proxy: TcpProxy;
let tab: ChatTab;

beforeAll(async () => {
  browser = await startChromium();
});

beforeEach(async () => {
  node = await BirdsongNode.start();
  proxy = await TcpProxy.start(node.port);
  tab = await ChatTab.open(browser, `http://127.0.0.1:${proxy.port}`, { name: 'Ada' });
  await tab.untilState('live');
});

afterEach(async () => {
  await tab.close();
  await proxy.close();
  await node.stop();
  expect(tab.faults).toEqual([]);
});

afterAll(async () => {
  await browser.close();
});

test('a page that was cut off catches up with no hole and no repeat', async () => {
  await sendToRoom(node.url, 'lobby', ...numbers(1, 100));
  await tab.untilSaid('number 100');
  await proxy.cut();
  await tab.untilState('reconnecting');
  await sendToRoom(node.url, 'lobby', ...numbers(101, 200));
  await Promise.all([proxy.restore(), sendToRoom(node.url, 'lobby', ...numbers(201, 400))]);
  await tab.untilState('live');
  await sendToRoom(node.url, 'lobby', 'number 401');
  await tab.untilSaid('number 401');

  expect(await tab.texts()).toEqual(numbers(1, 401));
  expect(await tab.at('gap').count()).toBe(0);
});

test('a page whose network went away says so and catches up', async () => {
  await sendToRoom(node.url, 'lobby', ...numbers(1, 3));
  await tab.untilSaid('number 3');
  await tab.page.context().setOffline(true);
  // Chromium keeps open streams when it is set offline, so the proxy cuts them.
  await proxy.cut();
  await tab.untilState('offline');
  await sendToRoom(node.url, 'lobby', ...numbers(4, 30));
  await proxy.restore();
  await tab.page.context().setOffline(false);
  await tab.untilState('live');
  await tab.untilSaid('number 30');

  expect(await tab.texts()).toEqual(numbers(1, 30));
});

test('a stream that died unnoticed is replaced when the network is back', async () => {
  await sendToRoom(node.url, 'lobby', 'number 1');
  await tab.untilSaid('number 1');
  proxy.blackhole();
  await tab.page.context().setOffline(true);
  await tab.untilState('offline');
  await sendToRoom(node.url, 'lobby', ...numbers(2, 5));
  const second = tab.page.waitForRequest((request) => request.url().includes('lastEventId='));
  await tab.page.context().setOffline(false);
  await second;
  await proxy.restore();
  await tab.untilSaid('number 5');

  expect(await tab.texts()).toEqual(numbers(1, 5));
});

test('a stream that was refused is opened again where it ended', async () => {
  await sendToRoom(node.url, 'lobby', ...numbers(1, 3));
  await tab.untilSaid('number 3');
  const last = await tab.said('number 3').getAttribute('data-id');
  // An EventSource gives up after an answer like this.
  let refusals = 0;
  await tab.page.route('**/events?*', (route) => {
    refusals += 1;
    return refusals > 2 ? route.continue() : route.fulfill({ status: 502 });
  });
  const reopened = tab.page.waitForRequest((request) => request.url().includes('lastEventId='));
  await proxy.cut();
  await tab.untilState('reconnecting');
  await sendToRoom(node.url, 'lobby', ...numbers(4, 6));
  await proxy.restore();
  expect(new URL((await reopened).url()).searchParams.get('lastEventId')).toBe(last);
  await tab.untilState('live');
  await tab.untilSaid('number 6');

  expect(await tab.texts()).toEqual(numbers(1, 6));
});

test('a page reconnects by itself to a server that was restarted, and shows the gap', async () => {
  await tab.say('before the crash');
  await tab.untilSaid('before the crash');
  const { port } = node;
  await node.kill();
  await tab.untilState('reconnecting');

  node = await BirdsongNode.start({ port });
  await tab.untilState('live');
  // A server without Redis loses its history when it ends.
  await tab.at('gap').getByText('Some messages are missing here').waitFor();
  await tab.say('after the crash');
  await tab.untilSaid('after the crash');

  expect(await tab.texts()).toEqual(['before the crash', 'after the crash']);
  expect(await tab.at('gap').count()).toBe(1);
});

test('a message written while the server is away is sent when it is back, once', async () => {
  const { port } = node;
  await node.kill();
  await tab.say('patience');
  await tab.at('message-note').getByText('The server is away').waitFor();
  expect(await tab.written()).toBe('');

  node = await BirdsongNode.start({ port });
  await tab.untilState('live');
  await tab.untilSaid('patience');
  await tab.untilSent();
  await tab.at('pending-message').waitFor({ state: 'detached' });
  expect(await tab.texts()).toEqual(['patience']);
});

test('what is written offline can be corrected and removed, survives a reload, and goes out in order', async () => {
  await tab.page.context().setOffline(true);
  await tab.untilState('offline');
  for (const text of ['frist', 'second', 'never mind']) await tab.say(text);
  expect(await tab.at('message-note').allTextContents()).toEqual(
    Array.from({ length: 3 }, () => 'You are offline · '),
  );
  await tab.at('remove').nth(2).click();
  await tab.at('edit').first().click();
  expect(await tab.written()).toBe('frist');
  await tab.say('first');
  await tab.at('message-input').fill('half a thou');
  expect(await tab.texts()).toEqual(['second', 'first']);

  await tab.page.context().setOffline(false);
  await tab.page.route('**/messages', (route) => route.abort());
  await tab.page.reload();
  expect(await tab.written()).toBe('half a thou');
  await tab.page.unroute('**/messages');
  await tab.untilSent();
  await tab.untilSaid('first');

  expect(await tab.texts()).toEqual(['second', 'first']);
});

test.each(['not JSON', '[1,null,{"key":"k"}]', '{"a":1}'])(
  'a page whose storage holds %j works',
  async (garbage) => {
    for (const what of ['outbox', 'own']) {
      const key = `birdsong.${what}.chat.lobby`;
      await tab.page.evaluate(`localStorage.setItem('${key}', '${garbage}')`);
    }
    await tab.page.reload();
    await tab.untilState('live');
    await tab.say('all the same');
    await tab.untilSaid('all the same');
  },
);

test('a connection that died silently is noticed and replaced', async () => {
  await node.stop();
  node = await BirdsongNode.start({ port: node.port, env: { HEARTBEAT_SECONDS: '0.5' } });
  await tab.untilState('live');
  await tab.say('before');
  await tab.untilSaid('before');
  proxy.blackhole();
  await tab.untilState('reconnecting');
  await proxy.restore();
  await tab.untilState('live');
  await tab.say('after');
  await tab.untilSaid('after');

  expect(await tab.texts()).toEqual(['before', 'after']);
});

test('a message that was accepted while the stream was away is shown, and only once', async () => {
  // Only streams are refused.
  await tab.page.route('**/events?*', (route) => route.abort());
  await proxy.cut();
  await proxy.restore();
  await tab.untilState('reconnecting');
  await tab.say('heard by nobody yet');
  await tab.at('pending-message').getByText('heard by nobody yet').waitFor();

  await tab.page.unroute('**/events?*');
  await tab.untilState('live');
  await tab.at('pending-message').waitFor({ state: 'detached' });
  await tab.untilSaid('heard by nobody yet');
  expect(await tab.texts()).toEqual(['heard by nobody yet']);
});

test('a page whose stream ends in a graceful stop reconnects to the next server', async () => {
  const { port } = node;
  await node.stop();
  await tab.untilState('reconnecting');
  node = await BirdsongNode.start({ port });
  await tab.untilState('live');
});
