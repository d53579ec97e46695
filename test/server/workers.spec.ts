import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { BirdsongNode } from '../harness/birdsong-node.js';
import { request } from '../harness/http-client.js';
import { RedisServer } from '../harness/redis-server.js';
import { SseReader } from '../harness/sse-reader.js';

const isMessage = ({ event }: { event: string }) => event === 'message';

async function workersOf(node: BirdsongNode): Promise<number[]> {
  const children = await readFile(`/proc/${node.pid}/task/${node.pid}/children`, 'utf8');
  return children.trim().split(/\s+/).filter(Boolean).map(Number);
}

/** As the protocol advises. A connection that was handed to a worker which was about to die is never answered. */
async function sendUntilAnswered(url: string, data: unknown): Promise<void> {
  const headers = { 'Idempotency-Key': randomUUID() };
  let status: number | undefined;
  while (status === undefined) {
    const answer = await request(url, { json: { data }, headers, deadlineMs: 2000 }).catch(
      () => undefined,
    );
    status = answer?.status;
  }
}

describe('Several workers', () => {
  let redis: RedisServer;
  let node: BirdsongNode | undefined;

  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterEach(async () => {
    await node?.stop();
    node = undefined;
  });
  afterAll(() => redis.stop());

  const start = async (): Promise<BirdsongNode> => {
    node = await BirdsongNode.start({ env: { WORKERS: '2', REDIS_URL: redis.url } });
    return node;
  };

  test('share a port, and readers of each get what is sent to any', async () => {
    const { url } = await start();
    const readers = await Promise.all(
      Array.from({ length: 6 }, () => SseReader.open(`${url}/channels/public.a/events`)),
    );
    await Promise.all(readers.map((reader) => reader.next()));
    for (let number = 1; number <= 10; number++) {
      await request(`${url}/channels/public.a/messages`, { json: { data: number } });
    }

    for (const reader of readers) {
      const events = await reader.take(10, isMessage);
      expect(events.map(({ data }) => (JSON.parse(data) as { data: unknown }).data)).toEqual([
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
      ]);
      await reader.close();
    }
  });

  test('are replaced when they die, and their readers resume without a loss', async () => {
    const running = await start();
    const url = `${running.url}/channels/public.b/events`;
    const before = await workersOf(running);
    const readers: SseReader[] = [];
    for (let count = 0; count < 6; count++) {
      // One after the other, so that they go to the workers by turns.
      const reader = await SseReader.open(url);
      await reader.next();
      readers.push(reader);
    }
    process.kill(before[0] ?? 0, 'SIGKILL');
    await Promise.race(readers.map((reader) => reader.ended));
    for (let number = 1; number <= 5; number++) {
      await sendUntilAnswered(`${running.url}/channels/public.b/messages`, number);
    }
    // Each goes on where it is, or comes back with its Last-Event-ID.
    for (const reader of readers) {
      const one = reader.isOpen
        ? reader
        : await SseReader.open(url, { headers: { 'Last-Event-ID': reader.lastEventId } });
      expect(await one.take(5, isMessage)).toHaveLength(5);
      await one.close();
    }

    let after = await workersOf(running);
    while (after.length < 2) {
      after = await workersOf(running);
    }
    expect(after).toContain(before[1]);
    expect(after).not.toContain(before[0]);
  });

  test('end together on SIGTERM, with exit code 0', async () => {
    const running = await start();
    const reader = await SseReader.open(`${running.url}/channels/public.c/events`);
    await reader.next();

    expect(await running.stop()).toBe(0);
    expect(await reader.ended).toBe('complete');
    expect(reader.events.at(-1)?.event).toBe('stream.closing');
  });

  test('send their readers away when their primary dies', async () => {
    const running = await start();
    const readers = await Promise.all(
      Array.from({ length: 4 }, () => SseReader.open(`${running.url}/channels/public.d/events`)),
    );
    await Promise.all(readers.map((reader) => reader.next()));
    await running.kill();

    for (const reader of readers) {
      expect(await reader.ended).toBe('complete');
      expect(reader.events.at(-1)?.event).toBe('stream.closing');
    }
  });

  test('need Redis, and say so in one line', async () => {
    const { code, stderr } = await BirdsongNode.run({ env: { WORKERS: '2' } });

    expect(code).toBe(1);
    expect(stderr).toBe(
      'Birdsong did not start: WORKERS: more than one needs Redis (REDIS_URL), as they share no memory\n',
    );
  });

  test('that cannot start end the server with their reason', async () => {
    const { code, stderr } = await BirdsongNode.run({
      env: { WORKERS: '2', REDIS_URL: 'redis://127.0.0.1:1' },
    });

    expect(code).toBe(1);
    expect(stderr).toContain('Birdsong did not start: Redis at 127.0.0.1:1:');
  });
});
