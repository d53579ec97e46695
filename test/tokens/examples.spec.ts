import { afterEach, describe, expect, test } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import { BirdsongNode } from '../harness/birdsong-node.js';
import { request } from '../harness/http-client.js';
import { ServerProcess } from '../harness/server-process.js';
import { SseReader } from '../harness/sse-reader.js';
import { newApiKey } from '../../src/tokens/api-keys.js';
import { SECRET } from './issuer.js';

const folder = fileURLToPath(new URL('../../examples/server-identities', import.meta.url));

describe('The examples of identities', () => {
  const started: (BirdsongNode | ServerProcess)[] = [];
  afterEach(async () => {
    for (const one of started.splice(0)) {
      await (one instanceof BirdsongNode ? one.stop() : one.end('SIGTERM'));
    }
  });

  function run(script: string, env: Record<string, string>, ...args: string[]): ServerProcess {
    const process_ = new ServerProcess(process.execPath, [script, ...args], {
      cwd: folder,
      env: { PORT: '0', ...env },
    });
    started.push(process_);
    return process_;
  }

  async function startNode(env: Record<string, string>): Promise<string> {
    const node = await BirdsongNode.start({ env });
    started.push(node);
    return node.url;
  }

  test('a login of its own signs a browser in by a cookie', async () => {
    const login = run('own-login.mjs', { JWT_SECRET: SECRET });
    const [, loginUrl = ''] = await login.untilOutput(/Sign in at (http:\S+)/);
    const url = await startNode({ JWT_SECRET: SECRET, JWT_COOKIE: 'session' });
    const signIn = (password: string) =>
      request(`${loginUrl}/login`, { json: { user: 'ada', password } });

    expect((await signIn('wrong')).status).toBe(401);
    const [cookie = ''] = (await signIn('lovelace')).headers['set-cookie'] ?? [];
    expect(cookie).toContain('HttpOnly; SameSite=Lax');
    const headers = { Cookie: cookie.slice(0, cookie.indexOf(';')) };
    const reader = await SseReader.open(`${url}/channels/user.ada/events`, { headers });
    await reader.until(() => reader.events.length > 0);
    await reader.close();
    const other = await request(`${url}/channels/user.bob/messages`, { headers });
    expect(other.status).toBe(403);
  });

  test('an identity provider publishes its keys', async () => {
    const provider = run('identity-provider.mjs', {});
    const [, jwks = ''] = await provider.untilOutput(/JWT_JWKS_URL=(http:\S+)/);
    const issuer = new URL(jwks).origin;
    const url = await startNode({
      ...{ JWT_JWKS_URL: jwks, JWT_ISSUER: issuer, JWT_AUDIENCE: 'birdsong', ANONYMOUS: 'off' },
    });
    const basic = (credentials: string) => ({
      Authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
    });
    const token = (credentials: string) =>
      request(`${issuer}/token`, { headers: basic(credentials) });
    expect((await token('ada:wrong')).status).toBe(401);
    const { access_token } = (await token('ada:secret')).json() as { access_token: string };
    const send = async (channel: string) => {
      const json = { data: { name: 'Ada', message: 'hi' } };
      const headers = { Authorization: `Bearer ${access_token}` };
      return (await request(`${url}/channels/${channel}/messages`, { json, headers })).status;
    };
    expect([await send('chat.lobby'), await send('public.a')]).toEqual([201, 403]);
  });

  test('a server publishes with its key', async () => {
    const { key, sha256 } = newApiKey();
    const url = await startNode({ API_KEYS: `shop|${sha256}|publish=user.*|subscribe=user.*` });
    const env = { BIRDSONG_URL: url, BIRDSONG_KEY: key };
    const script = run('server-to-server.mjs', env, 'ada', 'It is on its way.');
    expect((await script.untilExit()).code).toBe(0);
    const headers = { Authorization: `Bearer ${key}` };
    const history = await request(`${url}/channels/user.ada/messages`, { headers });
    expect(history.json()).toMatchObject({
      messages: [{ sender: 'key:shop', data: { text: 'It is on its way.' } }],
    });

    const refused = run('server-to-server.mjs', { ...env, BIRDSONG_KEY: 'bsk_wrong' });
    expect((await refused.untilExit()).code).toBe(1);
    expect(refused.output).toContain('unauthenticated');
  });
});
