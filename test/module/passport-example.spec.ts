import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request } from '../harness/http-client.js';
import type { ServerProcess } from '../harness/server-process.js';
import { SseReader } from '../harness/sse-reader.js';
import { BuiltExample } from './built-example.js';

describe('The example with passport', () => {
  let example: BuiltExample;
  let server: ServerProcess;
  let url: string;

  beforeAll(async () => {
    example = await BuiltExample.build('passport');
    server = example.start();
    const [, port] = await server.untilOutput(/The rooms are open at http:\S+:(\d+)\s/);
    url = `http://localhost:${String(port)}`;
  });
  afterAll(async () => {
    await server.end('SIGTERM');
    await example.remove();
  });

  async function signIn(user: string, password: string): Promise<Record<string, string>> {
    const answer = await request(`${url}/login`, { json: { user, password } });
    const [cookie = ''] = answer.headers['set-cookie'] ?? [];
    return answer.status === 204 ? { Cookie: cookie.slice(0, cookie.indexOf(';')) } : {};
  }
  const send = (channel: string, headers: Record<string, string>) =>
    request(`${url}/channels/${channel}/messages`, { headers, json: { data: 'hello' } });
  const read = async (channel: string, headers: Record<string, string>) =>
    (await request(`${url}/channels/${channel}/messages`, { headers })).status;

  it('knows whom passport let in, and nobody else', async () => {
    const [ada, eve] = [await signIn('ada', 'lovelace'), await signIn('eve', 'x')];
    expect(eve).toEqual({});
    expect(await signIn('ada', 'wrong')).toEqual({});
    expect([await read('room.a', ada), await read('room.a', eve)]).toEqual([200, 401]);
    expect((await send('room.a', eve)).status).toBe(401);
    expect((await send('room.a', { Cookie: 'session=forged' })).status).toBe(401);
    const me = async (headers: Record<string, string>) =>
      (await request(`${url}/me`, { headers })).json();
    expect([await me(ada), await me({})]).toEqual([{ id: 'ada' }, { id: null }]);
  });

  it('gives each user their own channel', async () => {
    const [ada, bob] = [await signIn('ada', 'lovelace'), await signIn('bob', 'ross')];
    expect([await read('user.ada', ada), await read('user.ada', bob)]).toEqual([200, 403]);
    expect((await send('user.ada', ada)).status).toBe(403);
  });

  it('streams what others say, until the user signs out', async () => {
    const [ada, bob] = [await signIn('ada', 'lovelace'), await signIn('bob', 'ross')];
    const reader = await SseReader.open(`${url}/channels/room.b/events`, { headers: ada });
    await reader.until(() => reader.events.length > 0);
    expect((await send('room.b', bob)).status).toBe(201);
    await reader.until(() => reader.events.some(({ event }) => event === 'message'));
    const said = reader.events.find(({ event }) => event === 'message');
    expect(JSON.parse(said?.data ?? '')).toMatchObject({ sender: 'bob', data: 'hello' });

    const out = await request(`${url}/login`, { method: 'DELETE', headers: ada });
    expect(out.status).toBe(204);
    await reader.ended;
    const closing = reader.events.find(({ event }) => event === 'stream.closing');
    expect(JSON.parse(closing?.data ?? '')).toEqual({ reason: 'disconnected', reconnect: true });
  });
});
