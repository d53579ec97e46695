import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BirdsongNode } from '../harness/birdsong-node.js';
import { rawRequest, request } from '../harness/http-client.js';

describe('The page of the server', () => {
  let node: BirdsongNode;

  beforeAll(async () => {
    node = await BirdsongNode.start();
  });
  afterAll(() => node.stop());

  const get = (path: string, headers: Record<string, string> = {}) =>
    request(`${node.url}${path}`, { headers });

  it('is at / and revalidated each time', async () => {
    const page = await get('/');

    expect(page.status).toBe(200);
    expect(page.headers['content-type']).toMatch(/^text\/html/);
    expect(page.headers['cache-control']).toBe('no-cache');
    expect(page.text).toContain('<title>Birdsong</title>');
  });

  it('is not sent again to a client that has it', async () => {
    const { headers } = await get('/');
    const again = await get('/', { 'If-None-Match': String(headers.etag) });

    expect([again.status, again.text]).toEqual([304, '']);
  });

  it('has assets that are cached for ever, as their names change with their content', async () => {
    const { text } = await get('/');
    const paths = [...text.matchAll(/(?:src|href)="\.(\/assets\/[^"]+)"/g)].map(([, path]) => path);
    const types = [];
    for (const path of paths) {
      const asset = await get(String(path));
      expect(asset.status).toBe(200);
      expect(asset.headers['cache-control']).toBe('public, max-age=31536000, immutable');
      types.push(asset.headers['content-type']?.split(';')[0]);
    }

    expect(types.sort()).toEqual(['image/svg+xml', 'text/css', 'text/javascript']);
  });

  it('may load and run nothing from elsewhere', async () => {
    const { headers } = await get('/');
    const policy = String(headers['content-security-policy']);

    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toMatch(/script-src[^;]*'unsafe-(inline|eval)'/);
    expect(policy).not.toContain('upgrade-insecure-requests');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers).not.toHaveProperty('x-powered-by');
    expect(headers).not.toHaveProperty('strict-transport-security');
  });

  it.each([
    '/assets/no-such-asset.js',
    '/assets/',
    '/no-such-page',
    '/package.json',
    '/assets/..%2f..%2fmain.js',
    '/.env',
  ])('is all there is: %s is answered by a problem', async (path) => {
    const answer = await get(path);

    expect(answer.status).toBe(404);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.json()).toMatchObject({ status: 404, code: 'not-found' });
  });

  it.each(['/../main.js', '/assets/../../main.js', '/%2e%2e/main.js', '/%00', '/%E0%A4%A'])(
    'keeps inside its folder: %s',
    async (path) => {
      // HTTP clients would normalise such a path.
      const answer = await rawRequest(
        node.port,
        `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
      );

      expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
      expect(answer).toMatch(/content-type: application\/problem\+json/i);
      expect(answer).not.toContain('NestFactory');
    },
  );
});
