import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { request } from '../harness/http-client.js';
import { RedisServer } from '../harness/redis-server.js';
import type { ServerProcess } from '../harness/server-process.js';
import { SseReader } from '../harness/sse-reader.js';
import { BuiltExample } from './built-example.js';

describe('The example in one file', () => {
  let example: BuiltExample;
  const servers: ServerProcess[] = [];
  const readers: SseReader[] = [];

  beforeAll(async () => {
    example = await BuiltExample.build('send-listen-stream');
  });
  afterAll(() => example.remove());
  afterEach(async () => {
    await Promise.all(readers.splice(0).map((reader) => reader.close()));
    await Promise.all(servers.splice(0).map((server) => server.end('SIGTERM')));
  });

  async function start(env: Record<string, string> = {}): Promise<string> {
    const server = example.start(env);
    servers.push(server);
    const [, port = ''] = await server.untilOutput(/The rooms are open at http:\S+:(\d+)\s/);
    return `http://localhost:${port}/rooms/lobby`;
  }

  async function open(room: string, lastEventId?: string): Promise<SseReader> {
    const headers = lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId };
    const reader = await SseReader.open(`${room}/events`, { headers });
    readers.push(reader);
    return reader;
  }

  const send = (room: string, text: string) => request(`${room}/messages`, { json: { text } });
  const textOf = ({ data }: { data: string }) => (JSON.parse(data) as { text: string }).text;

  test('sends an event, listens, streams, and resumes though its map drops the ids', async () => {
    const room = await start();
    expect((await send(room, 'one')).status).toBe(201);
    const first = await open(room);
    expect(textOf(await first.next())).toBe('one');
    await send(room, 'two');
    expect(textOf(await first.next())).toBe('two');
    await first.close();
    await send(room, 'three');
    const second = await open(room, first.lastEventId);

    expect(textOf(await second.next())).toBe('three');
    expect(second.events).toHaveLength(1);
  });

  test('shares its rooms through Redis', async () => {
    const redis = await RedisServer.start();
    const [one, other] = [
      await start({ REDIS_URL: redis.url }),
      await start({ REDIS_URL: redis.url }),
    ];
    const reader = await open(one);
    await send(other, 'across');

    expect(textOf(await reader.next())).toBe('across');
    await redis.stop();
  });
});
