import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { request } from './http-client.js';
import { SseReader, type SseReaderOptions } from './sse-reader.js';

describe('The SSE reader of the harness', () => {
  let server: Server;
  let url: string;
  let reader: SseReader;
  let response: ServerResponse;

  /** Opens a stream, and gives both its ends. */
  async function open(options: SseReaderOptions = {}): Promise<[SseReader, ServerResponse]> {
    const asked = once(server, 'request') as Promise<[unknown, ServerResponse]>;
    const opened = SseReader.open(url, options);
    const [, answer] = await asked;
    answer.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
    return [await opened, answer];
  }

  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`;
    [reader, response] = await open();
  });

  afterEach(async () => {
    await reader.close();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  it('opens at the headers, before any byte of the body', () => {
    expect(reader.status).toBe(200);
    expect(reader.headers['content-type']).toBe('text/event-stream');
    expect(reader.body).toBe('');
  });

  it('gives each event once, and keeps those that were not asked for', async () => {
    const second = reader.next(({ data }) => data === 'b');
    response.write('id: 1\ndata: a\n\ndata: b\n\nevent: joke\ndata: c\n\n');
    expect((await second).data).toBe('b');
    expect((await reader.take(2)).map(({ event, data }) => [event, data])).toEqual([
      ['message', 'a'],
      ['joke', 'c'],
    ]);
    expect(reader.events).toHaveLength(3);
    expect(reader.lastEventId).toBe('1');
  });

  it('waits for a state', async () => {
    const seen = reader.until(({ retry, comments }) => retry === 5 && comments.length === 2);
    response.write('retry: 5\n: one\n:two\n');
    await seen;
    expect(reader.comments).toEqual([' one', 'two']);
  });

  it('says what came when the event does not, in time or at all', async () => {
    const [hasty, answer] = await open({ deadlineMs: 1_000 });
    const wanted = (): Promise<unknown> => hasty.next(({ data }) => data === 'wanted');
    answer.write('data: other\n\n');
    await expect(wanted()).rejects.toThrow(/1000 ms.*data: other/s);
    answer.end();
    await expect(wanted()).rejects.toThrow(/over before.*complete.*data: other/s);
  });

  it('tells the end by the server from a broken connection', async () => {
    const [unfinished, answer] = await open();
    answer.destroy();
    expect(await unfinished.ended).toBe('broken');
    expect(unfinished.isOpen).toBe(false);

    response.end();
    expect(await reader.ended).toBe('complete');
  });

  it('goes away when it is closed', async () => {
    const gone = once(response, 'close');
    await reader.close();
    await gone;
    expect(await reader.ended).toBe('closed');
  });

  it('rejects when nobody answers', async () => {
    await expect(SseReader.open('http://127.0.0.1:1')).rejects.toThrow('ECONNREFUSED');
    await expect(SseReader.open(url, { deadlineMs: 50 })).rejects.toThrow('50 ms');
  });

  it('has a plain request beside it for answers that end', async () => {
    server.once('request', (message, answer) => {
      answer.writeHead(201).write(`{"method":"${String(message.method)}","body":`);
      message.pipe(answer, { end: false });
      message.once('end', () => answer.end('}'));
    });
    const { status, json } = await request(url, { json: { data: 'é' } });
    expect(status).toBe(201);
    expect(json()).toEqual({ method: 'POST', body: { data: 'é' } });
  });
});
