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
});
