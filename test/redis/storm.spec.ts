import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { isMessage } from '../harness/event-stream-parser.js';
import { LANES } from '../harness/lanes.js';
import { NestApp } from '../harness/nest-app.js';
import { RedisServer } from '../harness/redis-server.js';
import { SseReader } from '../harness/sse-reader.js';
import { dataOf, eventsUrl, send, type Receipt } from '../http/each-broker.js';

const READERS = 300;
const BEHIND = 100;

describe.each(LANES)('a storm of readers that come back in the %s lane', (lane) => {
  let redis: RedisServer;
  let admin: Redis;
  let app: NestApp;
  let readers: SseReader[] = [];

  beforeAll(async () => {
    redis = await RedisServer.start();
    admin = redis.client();
  });
  beforeEach(async () => {
    app = await NestApp.birdsong({ redis: { url: redis.url }, feedLingerSeconds: 0 }, lane);
  });
  afterEach(async () => {
    await Promise.all(readers.map((reader) => reader.close()));
    readers = [];
    await app.close();
  });
  afterAll(() => redis.stop());

  const commands = async (): Promise<number> => {
    const stats = await admin.info('commandstats');
    return [...stats.matchAll(/cmdstat_(\w+):calls=(\d+)/g)]
      .filter(([, name]) => name === 'evalsha' || name === 'eval' || name === 'subscribe')
      .reduce((sum, [, , calls]) => sum + Number(calls), 0);
  };

  test.each([
    ['that are equally far behind', () => BEHIND],
    ['that are behind by different numbers', (index: number) => 1 + (index % BEHIND)],
  ])('%s costs Redis a few commands, and each gets what it missed', async (_name, behindOf) => {
    const channel = `open.storm.${behindOf(1)}`;
    const accepted: Receipt[] = [];
    for (let number = 1; number <= 250; number++) {
      accepted.push(await send(app, channel, number));
    }
    const before = await commands();
    readers = await Promise.all(
      Array.from({ length: READERS }, (_, index) => {
        const id = accepted.at(-1 - behindOf(index))?.id ?? '';
        return SseReader.open(eventsUrl(app, channel), { headers: { 'Last-Event-ID': id } });
      }),
    );
    const all = Array.from({ length: 250 }, (_, index) => index + 1);
    for (const [index, reader] of readers.entries()) {
      const events = await reader.take(behindOf(index), isMessage);
      expect(dataOf(events)).toEqual(all.slice(-behindOf(index)));
    }

    expect((await commands()) - before).toBeLessThanOrEqual(10);
  });
});
