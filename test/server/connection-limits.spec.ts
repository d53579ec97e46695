import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { BirdsongNode } from '../harness/birdsong-node.js';
import { isMessage } from '../harness/event-stream-parser.js';
import { request, type HttpAnswer } from '../harness/http-client.js';
import { SseReader } from '../harness/sse-reader.js';

const CHANNEL = '/channels/public.limits';

describe('The server, at its limit of connections,', () => {
  let node: BirdsongNode;
  const readers: SseReader[] = [];
  const sockets: Socket[] = [];

  afterEach(async () => {
    await Promise.all(readers.splice(0).map((reader) => reader.close()));
    for (const socket of sockets.splice(0)) socket.destroy();
    await node.stop();
  });

  async function read(headers: Record<string, string> = {}): Promise<SseReader> {
    const reader = await SseReader.open(`${node.url}${CHANNEL}/events`, { headers });
    readers.push(reader);
    return reader;
  }

  const readMany = async (count: number): Promise<void> => {
    const opened = await Promise.all(Array.from({ length: count }, () => read()));
    await Promise.all(opened.map((reader) => reader.next()));
  };

  /** A connection without a request. */
  async function idle(localAddress = '127.0.0.1'): Promise<Socket> {
    const socket = connect({ port: node.port, host: '127.0.0.1', localAddress });
    sockets.push(socket.on('error', () => undefined));
    await once(socket, 'connect');
    return socket;
  }

  const get = (path: string, headers: Record<string, string> = {}): Promise<HttpAnswer> =>
    request(`${node.url}${path}`, { headers });
  const send = (data: unknown): Promise<HttpAnswer> =>
    request(`${node.url}${CHANNEL}/messages`, { json: { data } });

  function expectRefused(answer: HttpAnswer, status: number, code: string): void {
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    expect(answer.json()).toMatchObject({ status, code });
  }

  it('refuses one more reader, and keeps serving others, sends and health checks', async () => {
    node = await BirdsongNode.start({ env: { MAX_CONNECTIONS: '60' } });
    await readMany(53);
    const { position } = (await get(`${CHANNEL}/messages`)).json() as { position: string };
    const polls = Array.from({ length: 5 }, () =>
      get(`${CHANNEL}/messages?wait=30&after=${position}`),
    );
    const refused: HttpAnswer[] = [];
    await new Promise<void>((resolve, reject) => {
      for (const poll of polls) {
        poll.then((answer) => {
          if (refused.push(answer) === polls.length - 1) resolve();
        }, reject);
      }
    });
    refused.push(await get(`${CHANNEL}/events`));
    for (const answer of refused) expectRefused(answer, 503, 'overloaded');
    expect((await get('/health/live')).status).toBe(200);
    expect((await get('/health/ready')).status).toBe(200);
    expect((await send('to all')).status).toBe(201);

    const answers = await Promise.all(polls);
    expect(answers.filter(({ text }) => text.includes('to all'))).toHaveLength(1);
    for (const reader of readers) await reader.next(isMessage);
    // The poll has made room for one.
    const another = await read();
    expect(another.status).toBe(200);
  });

  it('accepts no further connection until one has gone', async () => {
    node = await BirdsongNode.start({ env: { MAX_CONNECTIONS: '10' } });
    await readMany(9);
    const last = await idle();
    const refused = await idle();
    await once(refused, 'close');
    expect(last.destroyed).toBe(false);

    last.destroy();
    let answer = await send('to all').catch(() => undefined);
    while (!answer) answer = await send('to all').catch(() => undefined);
    expect(answer.status).toBe(201);
    for (const reader of readers) await reader.next(isMessage);
  });

  describe('from one address', () => {
    it('refuses only that address’s further requests, whatever client they claim', async () => {
      node = await BirdsongNode.start({ env: { MAX_CONNECTIONS_PER_ADDRESS: '3' } });
      await readMany(3);
      for (const path of [`${CHANNEL}/events`, `${CHANNEL}/messages`, '/']) {
        const answer = await get(path, { 'X-Forwarded-For': '198.51.100.7' });
        expectRefused(answer, 429, 'too-many-requests');
      }
      expect((await get('/health/ready')).status).toBe(200);
      expect(node.output).toContain('TRUST_PROXY');

      const other = await idle('127.0.0.2');
      other.write(`GET ${CHANNEL}/messages HTTP/1.1\r\nHost: a\r\n\r\n`);
      const [text] = (await once(other, 'data')) as [Buffer];
      expect(String(text)).toMatch(/^HTTP\/1.1 200 /);
      const left = readers.pop();
      await left?.close();
      let answer = await send('to all');
      while (answer.status === 429) answer = await send('to all');
      for (const reader of readers) await reader.next(isMessage);
    });

    it('accepts at most twice as many connections from it', async () => {
      node = await BirdsongNode.start({ env: { MAX_CONNECTIONS_PER_ADDRESS: '2' } });
      const open = [await idle(), await idle(), await idle(), await idle()];
      await once(await idle(), 'close');
      const other = await idle('127.0.0.2');
      other.write('GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n');
      await once(other, 'data');

      expect(open.map(({ destroyed }) => destroyed)).toEqual([false, false, false, false]);
    });

    it('forgets requests that were pipelined on a connection that is gone', async () => {
      node = await BirdsongNode.start({ env: { MAX_CONNECTIONS_PER_ADDRESS: '3' } });
      const socket = await idle();
      socket.write(`GET ${CHANNEL}/events HTTP/1.1\r\nHost: a\r\n\r\n`.repeat(3));
      await once(socket, 'data');
      let answer = await get(`${CHANNEL}/messages`);
      while (answer.status === 200) answer = await get(`${CHANNEL}/messages`);
      socket.destroy();
      while (answer.status === 429) answer = await get(`${CHANNEL}/messages`);

      await readMany(3);
      expectRefused(await get(`${CHANNEL}/messages`), 429, 'too-many-requests');
    });

    it('trusts a configured proxy, and counts the clients it names', async () => {
      node = await BirdsongNode.start({
        env: { MAX_CONNECTIONS_PER_ADDRESS: '2', TRUST_PROXY: 'loopback' },
      });
      for (const [one, same, another] of [
        ['203.0.113.5', '203.0.113.5', '203.0.113.6'],
        // Only the last address is what our proxy saw; a client can forge the others.
        ['10.0.0.1, 203.0.113.7', '10.0.0.2, 203.0.113.7', '10.0.0.1, 203.0.113.8'],
        // Two ways to write the same IPv4 address as IPv6.
        ['::ffff:203.0.113.9', '::ffff:cb00:7109', '::ffff:cb00:710a'],
        ['2001:db8:1:2::9', '2001:DB8:1:2:ffff::1', '2001:db8:1:3::9'],
      ] as const) {
        await read({ 'X-Forwarded-For': one });
        await read({ 'X-Forwarded-For': same });
        const refused = await get(`${CHANNEL}/events`, { 'X-Forwarded-For': one });
        expectRefused(refused, 429, 'too-many-requests');
        expect((await read({ 'X-Forwarded-For': another })).status).toBe(200);
      }
    });
  });
});
