import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { rawRequest } from './http-client.js';
import { RedisServer } from './redis-server.js';
import { TcpProxy } from './tcp-proxy.js';

describe('The TCP proxy of the harness', () => {
  let target: RedisServer;
  let proxy: TcpProxy;
  let socket: Socket;

  beforeEach(async () => {
    target = await RedisServer.start();
    proxy = await TcpProxy.start(target.port);
    socket = connect(proxy.port, '127.0.0.1').setEncoding('utf8');
    socket.on('error', () => undefined);
    expect(await ask('PING')).toBe('+PONG\r\n');
  });

  afterEach(async () => {
    socket.destroy();
    await proxy.close();
    await target.stop();
  });

  async function answer(): Promise<string> {
    const [text] = (await once(socket, 'data')) as [string];
    return text;
  }

  function ask(command: string): Promise<string> {
    socket.write(`${command}\r\n`);
    return answer();
  }

  const quit = (): Promise<string> => rawRequest(proxy.port, 'PING\r\nQUIT\r\n');

  it('passes bytes and the end of a connection on', async () => {
    expect(await quit()).toBe('+PONG\r\n+OK\r\n');
    expect(await rawRequest(proxy.port, 'PING\r\n', { end: true })).toBe('+PONG\r\n');
    expect(proxy.connections).toBe(1);
  });

  it('passes more on than any buffer holds', async () => {
    const value = 'x'.repeat(8 * 1024 * 1024);
    const command = `*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$${value.length}\r\n${value}\r\nGET key\r\nQUIT\r\n`;
    const text = await rawRequest(proxy.port, command);
    expect(text.length).toBe(
      '+OK\r\n'.length * 2 + `$${value.length}\r\n\r\n`.length + value.length,
    );
  });

  it('breaks and refuses connections while it is cut, until it is restored', async () => {
    const closed = once(socket, 'close');
    await proxy.cut();
    await closed;
    expect(proxy.connections).toBe(0);
    await expect(quit()).rejects.toThrow('ECONNREFUSED');
    await proxy.restore();
    expect(await quit()).toBe('+PONG\r\n+OK\r\n');
  });

  it('is silent as a black hole, and lets what it held flow once restored', async () => {
    proxy.blackhole();
    const oldConnection = ask('PING');
    const newConnection = quit();
    const first = Promise.race([
      oldConnection,
      newConnection,
      rawRequest(proxy.port, 'PING\r\n', { deadlineMs: 200 }),
    ]);
    await expect(first).rejects.toThrow('200 ms');
    await proxy.restore();
    expect(await oldConnection).toBe('+PONG\r\n');
    expect(await newConnection).toBe('+PONG\r\n+OK\r\n');
  });

  it('hides from the client that the target died in a black hole, until it is restored', async () => {
    proxy.blackhole();
    let closed = false;
    const close = once(socket, 'close').then(() => (closed = true));
    await target.kill();
    await expect(rawRequest(proxy.port, '', { deadlineMs: 200 })).rejects.toThrow('200 ms');
    expect(closed).toBe(false);
    await proxy.restore();
    await close;
  });

  it('holds bytes back in each direction, in their order', async () => {
    proxy.delay(100);
    const begun = performance.now();
    const slow = ask('ECHO slow');
    expect(await slow).toBe('$4\r\nslow\r\n');
    expect(performance.now() - begun).toBeGreaterThanOrEqual(199);
    proxy.delay(60_000);
    proxy.delay(0);
    expect(await ask('PING')).toBe('+PONG\r\n');
  });

  it('stalls the connections that are open now and match, in one direction', async () => {
    await ask('CLIENT SETNAME stalled');
    proxy.stall(/SETNAME other/);
    expect(await ask('PING')).toBe('+PONG\r\n');
    proxy.stall(/SETNAME stalled/, 'to-client');
    const late = ask('INCR counter');
    const client = target.client();
    // The command arrives, its answer does not, and new connections are not touched.
    while ((await client.get('counter')) !== '1');
    expect(await quit()).toBe('+PONG\r\n+OK\r\n');
    await proxy.restore();
    expect(await late).toBe(':1\r\n');
  });

  it('breaks the connections that match, and no other', async () => {
    await ask('CLIENT SETNAME broken');
    proxy.break(/SETNAME other/);
    expect(await ask('PING')).toBe('+PONG\r\n');
    const closed = once(socket, 'close');
    proxy.break(/SETNAME broken/);
    await closed;
    expect(await quit()).toBe('+PONG\r\n+OK\r\n');
  });

  it('has new connections go to another target', async () => {
    const other = await RedisServer.start();
    await other.client().set('name', 'other');
    proxy.retarget(other.port);
    expect(await rawRequest(proxy.port, 'GET name\r\nQUIT\r\n')).toBe('$5\r\nother\r\n+OK\r\n');
    expect(await ask('GET name')).toBe('$-1\r\n');
    await other.stop();
  });

  it('lets through what its sieve lets through', async () => {
    const sieved = await TcpProxy.start(target.port, {
      sieve: () => (chunk, connection) => {
        if (connection.opening.includes('ECHO')) return Buffer.from('sieved');
        connection.destroy();
        return chunk;
      },
    });
    const until = (text: string) => text !== '';
    expect(await rawRequest(sieved.port, 'ECHO a\r\n', { until })).toBe('sieved');
    expect(await rawRequest(sieved.port, 'PING\r\n')).toBe('');
    await sieved.close();
  });

  it('holds bytes back for up to its jitter more, in their order', async () => {
    proxy.delay(1, 30);
    socket.write(Array.from({ length: 20 }, (_, number) => `ECHO ${10 + number}\r\n`).join(''));
    let text = '';
    while (!text.includes('29')) text += await answer();
    expect(text).toBe(
      Array.from({ length: 20 }, (_, number) => `$2\r\n${10 + number}\r\n`).join(''),
    );
  });
});
