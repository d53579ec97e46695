import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { rawRequest } from './http-client.js';
import { RedisServer } from './redis-server.js';

describe('The Redis server of the harness', () => {
  const started: RedisServer[] = [];

  async function start(...options: Parameters<typeof RedisServer.start>): Promise<RedisServer> {
    const server = await RedisServer.start(...options);
    started.push(server);
    return server;
  }

  afterEach(async () => {
    await Promise.all(started.splice(0).map((server) => server.stop()));
  });

  it('answers at its port as soon as it has started', async () => {
    const server = await start();
    const client = server.client();
    expect(await client.set('song', 'tui')).toBe('OK');
    expect(await client.get('song')).toBe('tui');
    expect(server.url).toBe(`redis://127.0.0.1:${server.port}`);
  });

  it('comes back empty after a restart unless its arguments keep the data', async () => {
    const forgetful = await start();
    const durable = await start({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] });
    for (const server of [forgetful, durable]) {
      const { pid, port } = server;
      await server.client().set('song', 'tui');
      await server.restart();
      expect(server.port).toBe(port);
      expect(server.pid).not.toBe(pid);
    }
    expect(await forgetful.client().get('song')).toBeNull();
    expect(await durable.client().get('song')).toBe('tui');
  });

  it('breaks the connections of its clients when it is killed', async () => {
    const server = await start();
    const client = server.client();
    await client.ping();
    const closed = once(client, 'close');
    await server.kill();
    await closed;
    await expect(rawRequest(server.port, 'PING\r\n')).rejects.toThrow('ECONNREFUSED');
  });

  it('answers nothing while it is paused, and all of it afterwards', async () => {
    const server = await start();
    const client = server.client();
    await client.ping();
    server.pause();
    const answer = client.ping();
    const first = Promise.race([answer, rawRequest(server.port, '', { deadlineMs: 200 })]);
    await expect(first).rejects.toThrow('200 ms');
    server.resume();
    expect(await answer).toBe('PONG');
  });

  it('tells what the server wrote when it cannot start', async () => {
    const { port } = await start();
    await expect(RedisServer.start({ port })).rejects.toThrow('Address already in use');
    await expect(RedisServer.start({ args: ['--no-such-option', '1'] })).rejects.toThrow(
      'no-such-option',
    );
  });
});
