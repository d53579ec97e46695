import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import {
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
  createServer,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { type HttpAnswer, request } from '../harness/http-client.js';
import { SseReader } from '../harness/sse-reader.js';
import { NginxServer } from './nginx-server.js';

const COME_BACK =
  'retry: 2000\nevent: stream.closing\ndata: {"reason":"overloaded","reconnect":true}\n\n';

const stream = '/channels/chat.wren/events';
const messages = '/channels/chat.wren/messages';

describe('nginx in front of nodes that only record requests', () => {
  let nodes: [Server, Server];
  let nginx: NginxServer;
  let received: IncomingMessage[];
  /** Which node got each request. */
  let asked: number[];
  let answer: (request: IncomingMessage, response: ServerResponse) => void;

  beforeEach(async () => {
    received = [];
    asked = [];
    answer = (_, response) => response.end('{}');
    const node =
      (index: number): RequestListener =>
      (message, response) => {
        received.push(message);
        asked.push(index);
        message.resume().once('end', () => answer(message, response));
      };
    nodes = [await listen(node(0)), await listen(node(1))];
    nginx = await NginxServer.start([portOf(nodes[0]), portOf(nodes[1])]);
  });

  afterEach(async () => {
    await nginx.stop();
    await Promise.all(nodes.map(close));
  });

  const get = (path: string): Promise<HttpAnswer> => request(nginx.url + path);
  const post = (data: unknown): Promise<HttpAnswer> =>
    request(nginx.url + messages, { json: { data } });

  it('states the client’s address, replacing what the client claims', async () => {
    const headers = { 'X-Forwarded-For': '10.0.0.1', 'X-Forwarded-Proto': 'gopher' };
    await request(`${nginx.url}${messages}?limit=1`, { headers });
    expect(received[0]?.url).toBe(`${messages}?limit=1`);
    expect(received[0]?.headers).toMatchObject({
      host: `127.0.0.1:${nginx.port}`,
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
    });
  });

  it('speaks HTTP/1.1 to the nodes and keeps its connections', async () => {
    await get(messages);
    expect(received[0]?.httpVersion).toBe('1.1');
    expect(received[0]?.headers.connection).not.toBe('close');
  });

  it('asks the other node when one breaks the connection of a GET', async () => {
    answer = ({ socket }, response) => {
      if (received.length === 1) socket.destroy();
      else response.end('{"messages":[]}');
    };
    expect((await get(messages)).status).toBe(200);
    expect(asked.toSorted()).toEqual([0, 1]);
  });

  it('never repeats a POST that a node may have taken', async () => {
    answer = ({ socket }) => socket.destroy();
    const refused = await post('tui');
    expect(received).toHaveLength(1);
    expect(refused.status).toBe(503);
    expect(refused.headers['retry-after']).toBe('1');
    expect(refused.headers['content-type']).toBe('application/problem+json');
    expect(refused.json()).toMatchObject({ status: 503, code: 'broker-unavailable' });
  });

  it('sends a POST to the other node when one refuses the connection', async () => {
    await close(nodes[0]);
    for (let count = 0; count < 4; count += 1) expect((await post(count)).status).toBe(200);
    expect(received).toHaveLength(4);
  });

  it('passes on the refusal of a send, and does not ask the other node', async () => {
    answer = (_, response) => response.writeHead(503, { 'Retry-After': '7' }).end('{"code":"x"}');
    const refused = await post('tui');
    expect([refused.status, refused.text]).toEqual([503, '{"code":"x"}']);
    expect(refused.headers['retry-after']).toBe('7');
    expect(received).toHaveLength(1);
  });

  it('passes on each event as it comes', async () => {
    const opened = new Promise<ServerResponse>((resolve) => {
      answer = (_, response) => {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
        resolve(response);
      };
    });
    const reader = await SseReader.open(nginx.url + stream);
    const response = await opened;
    for (const data of ['tui', 'kea', 'moa']) {
      response.write(`data: ${data}\n\n`);
      expect((await reader.next()).data).toBe(data);
    }
    await reader.close();
  });

  it('tells an EventSource to come back when no node answers', async () => {
    await Promise.all(nodes.map(close));
    for (const path of [stream, '/events?channel=chat.wren&channel=chat.tit']) {
      const { status, headers, text } = await get(path);
      expect([status, text]).toEqual([200, COME_BACK]);
      expect(headers['content-type']).toBe('text/event-stream');
      expect(headers['cache-control']).toBe('no-store, no-transform');
    }
    expect((await get('/')).status).toBe(503);
  });

  it('tells an EventSource to come back when the node is full, and passes on other refusals', async () => {
    const refuse = (status: number) => {
      answer = (_, response) => response.writeHead(status).end('{"code":"x"}');
    };
    refuse(503);
    const full = await get(stream);
    expect([full.status, full.text]).toEqual([200, COME_BACK]);
    for (const status of [403, 404, 429]) {
      refuse(status);
      const refused = await get(stream);
      expect([refused.status, refused.text]).toEqual([status, '{"code":"x"}']);
    }
  });

  it('refuses a body larger than any message as a node would', async () => {
    expect((await post('x'.repeat(5_000_000))).status).toBe(200);
    const refused = await post('x'.repeat(5_500_000));
    expect(refused.status).toBe(413);
    expect(refused.headers['content-type']).toBe('application/problem+json');
    expect(refused.json()).toMatchObject({ status: 413, code: 'message-too-large' });
    expect(received).toHaveLength(1);
  });

  it('compresses the page and its scripts, but never a stream', async () => {
    const body = 'song '.repeat(1_000);
    answer = ({ url }, response) => {
      const type = url === stream ? 'text/event-stream' : 'text/javascript';
      response.writeHead(200, { 'Content-Type': type }).end(body);
    };
    const encodingOf = async (path: string): Promise<string | undefined> => {
      const { headers } = await request(nginx.url + path, {
        headers: { 'Accept-Encoding': 'gzip' },
      });
      return headers['content-encoding'];
    };
    expect(await encodingOf('/assets/main.js')).toBe('gzip');
    expect(await encodingOf(stream)).toBeUndefined();
  });
});

async function listen(listener: RequestListener): Promise<Server> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}
