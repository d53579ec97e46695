import { afterAll, afterEach, beforeAll, describe } from '@jest/globals';
import type { BirdsongOptions } from '../../src/index.js';
import { request, type HttpAnswer } from '../harness/http-client.js';
import { LANES, type Lane } from '../harness/lanes.js';
import { NestApp } from '../harness/nest-app.js';
import { RedisServer } from '../harness/redis-server.js';
import { SseReader } from '../harness/sse-reader.js';

/** What an HTTP suite works with. Apps and readers end with the test that opened them. */
export interface World {
  start(options?: Partial<BirdsongOptions>): Promise<NestApp>;
  /** A channel that no other test uses. */
  channel(kind?: 'open' | 'short' | 'long'): string;
  read(url: string, headers?: Record<string, string>): Promise<SseReader>;
}

export interface Receipt {
  id: string;
  channel: string;
  type: string;
  createdAt: string;
  duplicate?: boolean;
}

type Broker = 'memory' | 'Redis';

/** Both, unless Jest's configuration sets others. */
const BROKERS = (globalThis as { brokers?: readonly Broker[] }).brokers ?? ['memory', 'Redis'];

let channelCount = 0;

/** Runs an HTTP suite once for each broker. For suites that open no streams. */
export function eachBroker(name: string, suite: (world: World) => void): void {
  describe.each(BROKERS)(`${name}, with %s:`, (broker) => suite(createWorld(broker, 'fast')));
}

/** Runs an HTTP suite of streams once for each broker in each lane. */
export function eachLane(name: string, suite: (world: World) => void): void {
  const table = LANES.flatMap((lane) => BROKERS.map((broker) => ({ broker, lane })));
  describe.each(table)(`${name}, with $broker in the $lane lane:`, ({ broker, lane }) =>
    suite(createWorld(broker, lane)),
  );
}

function createWorld(broker: Broker, lane: Lane): World {
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

  return {
    async start(options = {}) {
      const common = { redis: redis && { url: redis.url }, feedLingerSeconds: 0 };
      const app = await NestApp.birdsong({ ...common, ...options }, lane);
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
  };
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
export async function send(app: NestApp, channel: string, data: unknown): Promise<Receipt> {
  const answer = await post(app, channel, { data });
  if (answer.status !== 201) {
    throw new Error(`${answer.status}: ${answer.text}`);
  }
  return answer.json() as Receipt;
}

export async function sendMany(
  app: NestApp,
  channel: string,
  from: number,
  to: number,
): Promise<Receipt[]> {
  const accepted = [];
  for (let number = from; number <= to; number++) {
    accepted.push(await send(app, channel, number));
  }
  return accepted;
}

/** The `data` of the messages in these events. */
export const dataOf = (events: readonly { data: string }[]): unknown[] =>
  events.map(({ data }) => (JSON.parse(data) as { data: unknown }).data);
