import { afterAll, afterEach, beforeAll, describe } from '@jest/globals';
import type { BirdsongOptions } from '../../src/index.js';
import { request, type HttpAnswer } from '../harness/http-client.js';
import { NestApp } from '../harness/nest-app.js';
import { RedisServer } from '../harness/redis-server.js';
import { SseReader } from '../harness/sse-reader.js';

/** What a suite over HTTP works with; apps and readers end with the test that opened them. */
export interface World {
  start(options?: Partial<BirdsongOptions>): Promise<NestApp>;
  /** A channel that no other test uses. */
  channel(kind?: 'open' | 'short' | 'long'): string;
  read(url: string, headers?: Record<string, string>): Promise<SseReader>;
}

export interface Accepted {
  id: string;
  channel: string;
  type: string;
  createdAt: string;
  duplicate?: boolean;
}

let channelCount = 0;

/** The same suite over HTTP, once for each broker. */
export function eachBroker(name: string, suite: (world: World) => void): void {
  describe.each(['memory', 'Redis'])(`${name}, with %s:`, (broker) => {
    let redis: RedisServer | undefined;
    const apps: NestApp[] = [];
    const readers: SseReader[] = [];

    beforeAll(async () => {
      redis = broker === 'Redis' ? await RedisServer.start() : undefined;
    });
    afterEach(async () => {
      await Promise.all(readers.splice(0).map((reader) => reader.close()));
      await Promise.all(apps.splice(0).map((app) => app.close()));
    });
    afterAll(() => redis?.stop());

    suite({
      async start(options = {}) {
        const app = await NestApp.birdsong({
          redis: redis && { url: redis.url },
          feedLingerSeconds: 0,
          ...options,
        });
        apps.push(app);
        return app;
      },
      channel(kind = 'open') {
        channelCount++;
        return `${kind}.${process.pid}.${channelCount}`;
      },
      async read(url, headers = {}) {
        const reader = await SseReader.open(url, { headers });
        readers.push(reader);
        return reader;
      },
    });
  });
}

export const messagesUrl = (app: NestApp, channel: string): string =>
  `${app.url}/channels/${channel}/messages`;

export const eventsUrl = (app: NestApp, channel: string, query = ''): string =>
  `${app.url}/channels/${channel}/events${query}`;

export function post(
  app: NestApp,
  channel: string,
  json: unknown,
  headers: Record<string, string> = {},
): Promise<HttpAnswer> {
  return request(messagesUrl(app, channel), { json, headers });
}

/** Sends data and expects it to be accepted. */
export async function send(app: NestApp, channel: string, data: unknown): Promise<Accepted> {
  const answer = await post(app, channel, { data });
  if (answer.status !== 201) {
    throw new Error(`${answer.status}: ${answer.text}`);
  }
  return answer.json() as Accepted;
}

export async function sendMany(
  app: NestApp,
  channel: string,
  from: number,
  to: number,
): Promise<Accepted[]> {
  const accepted = [];
  for (let number = from; number <= to; number++) {
    accepted.push(await send(app, channel, number));
  }
  return accepted;
}

/** The `data` of the messages in these events. */
export const dataOf = (events: readonly { data: string }[]): unknown[] =>
  events.map(({ data }) => (JSON.parse(data) as { data: unknown }).data);

export const isMessage = ({ event }: { event: string }): boolean => !event.startsWith('stream.');
