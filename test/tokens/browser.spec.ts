import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { BirdsongNode } from '../harness/birdsong-node.js';
import { startChromium } from '../harness/chromium.js';
import { request } from '../harness/http-client.js';
import { until } from '../harness/until.js';
import { SECRET_ENV, token } from './issuer.js';

interface Seen {
  readonly type: string;
  readonly data: string;
}

describe('In a browser, a stream by cookie', () => {
  let browser: Browser;
  let node: BirdsongNode;
  let context: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    browser = await startChromium();
    node = await BirdsongNode.start({ env: { ...SECRET_ENV, JWT_COOKIE: 'session' } });
  });
  beforeEach(async () => {
    context = await browser.newContext();
    page = await context.newPage();
    await page.goto(`${node.url}/health/live`);
  });
  afterEach(() => context.close());
  afterAll(async () => {
    await browser.close();
    await node.stop();
  });

  async function signIn(expires: number): Promise<void> {
    const value = await token({ expires });
    await context.addCookies([
      { name: 'session', value, url: node.url, httpOnly: true, sameSite: 'Lax' },
    ]);
  }

  /** The page's policy forbids what Playwright's own waiting needs. */
  const untilTrue = (expression: string) =>
    until(expression, () => page.evaluate<boolean>(expression));

  /** Opens a plain EventSource, and returns what it has seen and how it is. */
  async function open(): Promise<void> {
    await page.evaluate(`
      globalThis.seen = [];
      globalThis.breakCount = 0;
      globalThis.source = new EventSource('/channels/user.ada/events');
      source.onerror = () => (breakCount += 1);
      for (const type of ['stream.ready', 'stream.closing', 'message']) {
        source.addEventListener(type, ({ data }) => seen.push({ type, data }));
      }
    `);
    await untilTrue('seen.length > 0');
  }
  const seen = () => page.evaluate<Seen[]>('seen');

  test('stops for good when its right ends and there is no new cookie', async () => {
    await signIn(2);
    await open();
    await untilTrue('source.readyState === EventSource.CLOSED');

    const [first, ...rest] = await seen();
    expect(first?.type).toBe('stream.ready');
    // Chromium may drop what came right before the connection broke, so the last event may be missing.
    const closing = { type: 'stream.closing', data: '{"reason":"token-expired","reconnect":true}' };
    expect(rest).toEqual(rest.length === 0 ? [] : [closing]);
  });

  test('goes on where it was if there is a new cookie by then', async () => {
    await signIn(3);
    await open();
    await signIn(3600);
    await untilTrue('breakCount > 0');
    const server = await token({ sub: 'server', publish: ['user.*'] });
    const sent = await request(`${node.url}/channels/user.ada/messages`, {
      json: { data: 'while away' },
      headers: { Authorization: `Bearer ${server}` },
    });
    expect(sent.status).toBe(201);
    await untilTrue("seen.some(({ type }) => type === 'message')");

    const ready = (await seen()).filter(({ type }) => type === 'stream.ready');
    expect(ready).toHaveLength(2);
    expect(ready[1]?.data).toContain('"recovered":true');
  });

  test('is refused for a page of another site, and so is what that sends', async () => {
    await signIn(3600);
    const outcome = await page.evaluate<string>(`
      const { port } = location;
      const stream = new Promise((resolve) => {
        const source = new EventSource('http://localhost:' + port + '/channels/user.ada/events', {
          withCredentials: true,
        });
        source.onopen = () => resolve('open');
        source.onerror = () => resolve('refused');
      });
      const sent = fetch('http://localhost:' + port + '/channels/chat.a/messages', {
        method: 'POST',
        credentials: 'include',
        headers: { 'Content-Type': 'application/json' },
        body: '{"data":{"name":"a","message":"m"}}',
      }).then(() => 'sent', () => 'refused');
      Promise.all([stream, sent]).then(String);
    `);
    expect(outcome).toBe('refused,refused');
  });
});
