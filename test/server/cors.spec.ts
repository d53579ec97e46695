import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BirdsongNode } from '../harness/birdsong-node.js';
import { startChromium } from '../harness/chromium.js';
import { request } from '../harness/http-client.js';
import { SseReader } from '../harness/sse-reader.js';

const ALLOWED = ['https://app.example.com', 'http://localhost:5173'];
const OTHER = 'https://evil.example.com';

describe('Pages of other origins', () => {
  let node: BirdsongNode | undefined;
  const readers: SseReader[] = [];

  afterEach(async () => {
    await Promise.all(readers.splice(0).map((reader) => reader.close()));
    await node?.stop();
    node = undefined;
  });

  /** What each kind of answer allows a page of this origin. */
  async function allowancesFor(origin: string): Promise<(string | undefined)[]> {
    const url = `${node?.url ?? ''}/channels/public.a`;
    const headers = { Origin: origin };
    const preflight = await request(`${url}/messages`, {
      method: 'OPTIONS',
      headers: {
        ...headers,
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'content-type,idempotency-key',
      },
    });
    const sent = await request(`${url}/messages`, { json: { data: 1 }, headers });
    const refused = await request(`${url}/messages`, { body: '{', method: 'POST', headers });
    const stream = await SseReader.open(`${url}/events`, { headers });
    readers.push(stream);

    expect([sent.status, stream.status]).toEqual([201, 200]);
    expect(refused.status).toBeGreaterThanOrEqual(400);
    return [preflight, sent, refused, stream].map(
      (answer) => answer.headers['access-control-allow-origin'],
    );
  }

  it('may use the server if they are listed', async () => {
    node = await BirdsongNode.start({ env: { CORS_ORIGINS: ALLOWED.join(', ') } });

    for (const origin of ALLOWED) {
      expect(await allowancesFor(origin)).toEqual([origin, origin, origin, origin]);
    }
  });

  it('may not if others are', async () => {
    node = await BirdsongNode.start({ env: { CORS_ORIGINS: ALLOWED.join(',') } });

    expect(await allowancesFor(OTHER)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('may not if none are', async () => {
    node = await BirdsongNode.start();

    expect(await allowancesFor('https://app.example.com')).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('are told which methods and headers they may use, and what they may read', async () => {
    node = await BirdsongNode.start({ env: { CORS_ORIGINS: ALLOWED.join(',') } });
    const messages = `${node.url}/channels/public.a/messages`;
    const preflight = await request(messages, {
      method: 'OPTIONS',
      headers: {
        Origin: ALLOWED[0],
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'content-type,idempotency-key',
      },
    });
    const answer = await request(messages, { headers: { Origin: ALLOWED[0] } });

    expect(preflight.status).toBe(204);
    expect(preflight.headers['access-control-allow-methods']).toContain('POST');
    expect(preflight.headers['access-control-allow-headers']).toMatch(/idempotency-key/i);
    expect(preflight.headers.vary).toMatch(/origin/i);
    expect(preflight.headers['access-control-max-age']).toBe('600');
    expect(answer.headers['access-control-allow-credentials']).toBe('true');
    expect(answer.headers['access-control-expose-headers']).toMatch(/retry-after/i);
    expect(answer.headers.vary).toMatch(/origin/i);
  });

  it('read and send with credentials in a browser if they are listed, and neither if not', async () => {
    const pages = createServer((_, response) => {
      response.setHeader('Content-Type', 'text/html');
      response.end('<!doctype html><title>page</title>');
    });
    await new Promise<void>((resolve) => pages.listen(0, resolve));
    const { port } = pages.address() as AddressInfo;
    const listed = `http://127.0.0.2:${port}`;
    node = await BirdsongNode.start({ env: { CORS_ORIGINS: listed } });
    const browser = await startChromium();
    try {
      const use = async (origin: string) => {
        const page = await browser.newPage();
        await page.goto(origin);
        return page.evaluate(useChannel, `${node?.url ?? ''}/channels/public.cors`);
      };
      expect(await use(listed)).toEqual({ stream: 'open', sent: 201 });
      expect(await use(`http://127.0.0.3:${port}`)).toEqual({ stream: 'closed', sent: 'refused' });
    } finally {
      await browser.close();
      pages.close();
    }
  });
});

/** Runs in the page. */
async function useChannel(url: string): Promise<{ stream: string; sent: number | string }> {
  const events = new EventSource(`${url}/events`, { withCredentials: true });
  const stream = await new Promise<string>((resolve) => {
    events.addEventListener('stream.ready', () => resolve('open'));
    events.onerror = () => resolve(events.readyState === EventSource.CLOSED ? 'closed' : 'lost');
  });
  const sent = await fetch(`${url}/messages`, {
    method: 'POST',
    credentials: 'include',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': '1' },
    body: '{"data":1}',
  }).then(
    ({ status }) => status,
    () => 'refused',
  );
  return { stream, sent };
}
