import { beforeEach, expect, test } from '@jest/globals';
import {
  Birdsong,
  Broker,
  type Batch,
  type BirdsongOptions,
  type BrokerChannel,
  type ChannelListener,
  type ClientLimits,
  type HistoryQuery,
} from '../../src/index.js';
import { BirdsongSettings } from '../../src/config/birdsong-settings.js';
import { MemoryBroker } from '../../src/engines/memory/memory-broker.js';
import { NestApp } from '../harness/nest-app.js';
import { request } from '../harness/http-client.js';
import { eachBroker, eachLane, eventsUrl, messagesUrl, post } from './each-broker.js';

/** So slow that nothing comes back within a test. */
const TWO_SENDS = { sendsPerSecond: 0.001, sendBurst: 2 };

const withLimits = (
  limits: ClientLimits,
  identityLimits?: ClientLimits | false,
): Partial<BirdsongOptions> => ({
  identify: (asked) => {
    const id = (asked as { headers: Record<string, string> }).headers['x-user'];
    return id === undefined ? undefined : { id, limits: identityLimits };
  },
  channels: {
    [`a${testCount}.*`]: { publish: 'anyone', subscribe: 'anyone', limits },
    [`b${testCount}.*`]: { publish: 'anyone', subscribe: 'anyone', limits },
  },
});

/** Redis remembers what was sent, so each test has policies of its own. */
let testCount = 0;
let channelCount = 0;
beforeEach(() => {
  testCount += 1;
});
const channel = (policy: 'a' | 'b' = 'a') => `${policy}${testCount}.${++channelCount}`;

const statuses = async (
  app: NestApp,
  channel: string,
  count: number,
  headers: Record<string, string> = {},
): Promise<number[]> => {
  const found: number[] = [];
  for (let number = 1; number <= count; number += 1) {
    found.push((await post(app, channel, { data: number }, headers)).status);
  }
  return found;
};

const kept = async (app: NestApp, channel: string) =>
  ((await request(messagesUrl(app, channel))).json() as { messages: unknown[] }).messages.length;

eachBroker('limits of sends', (world) => {
  test('refuse with 429, say when to come back, and change nothing', async () => {
    const app = await world.start(withLimits(TWO_SENDS));
    const room = channel();
    expect(await statuses(app, room, 2)).toEqual([201, 201]);
    const refused = await post(app, room, { data: 3 });

    expect(refused.status).toBe(429);
    expect(refused.json()).toEqual({
      ...{ type: 'about:blank', title: 'Too Many Requests', status: 429 },
      ...{ code: 'too-many-requests', detail: 'You send too many messages.' },
    });
    const { 'retry-after': retryAfter, ...headers } = refused.headers;
    expect(Number(retryAfter)).toBeGreaterThan(0);
    expect(Number(retryAfter)).toBeLessThanOrEqual(1000);
    expect(headers['ratelimit']).toBe(`"sends";r=0;t=${retryAfter}`);
    expect(headers['ratelimit-policy']).toBe('"sends";q=2;w=2000');
    expect(await kept(app, room)).toBe(2);
    // Reading has no rate.
    expect(await kept(app, room)).toBe(2);
  });

  test('count by identity, otherwise by address, and by policy', async () => {
    const app = await world.start(withLimits(TWO_SENDS));
    const room = channel();
    expect(await statuses(app, room, 3)).toEqual([201, 201, 429]);
    expect(await statuses(app, channel(), 1)).toEqual([429]);
    expect(await statuses(app, room, 3, { 'X-User': 'ada' })).toEqual([201, 201, 429]);
    expect(await statuses(app, room, 3, { 'X-User': 'bob' })).toEqual([201, 201, 429]);
    // An identity cannot pass for an address.
    expect(await statuses(app, room, 1, { 'X-User': '127.0.0.1' })).toEqual([201]);
    expect(await statuses(app, channel('b'), 3)).toEqual([201, 201, 429]);
  });

  test('believe no header that says where a request comes from', async () => {
    const app = await world.start(withLimits(TWO_SENDS));
    const room = channel();
    const found = [];
    for (const address of ['1.1.1.1', '2.2.2.2', '3.3.3.3']) {
      const headers = { 'X-Forwarded-For': address, Forwarded: `for=${address}` };
      found.push(...(await statuses(app, room, 1, headers)));
    }
    expect(found).toEqual([201, 201, 429]);
  });

  test('count each message of a batch, and all its bytes', async () => {
    const app = await world.start(
      withLimits({ ...TWO_SENDS, sendBurst: 10, bytesPerMinute: 4000 }),
    );
    const room = channel();
    const batch = (count: number, size: number) => {
      const messages = Array.from({ length: count }, () => ({ data: 'ö'.repeat(size / 2) }));
      return request(`${messagesUrl(app, room)}/batch`, { json: { messages } });
    };
    expect((await batch(8, 2)).status).toBe(201);
    const tooMany = await batch(3, 2);
    expect([tooMany.status, tooMany.headers['ratelimit-policy']]).toEqual([
      429,
      '"sends";q=10;w=10000',
    ]);
    const tooLarge = await batch(1, 3500);
    expect([tooLarge.status, tooLarge.headers['ratelimit-policy']]).toEqual([
      429,
      '"bytes";q=4000;w=60',
    ]);
    expect((await batch(2, 2)).status).toBe(201);
    expect(await kept(app, room)).toBe(10);
  });

  test('give way to what an identity has of its own', async () => {
    const more = await world.start(withLimits(TWO_SENDS, { sendBurst: 4 }));
    const none = await world.start(withLimits(TWO_SENDS, false));
    const room = channel();
    const as = { 'X-User': room };
    expect(await statuses(more, room, 5, as)).toEqual([201, 201, 201, 201, 429]);
    expect(await statuses(none, room, 5, as)).toEqual([201, 201, 201, 201, 201]);
  });

  test('do not concern the app itself', async () => {
    const app = await world.start(withLimits(TWO_SENDS));
    const room = channel();
    for (let count = 0; count < 5; count += 1) await app.app.get(Birdsong).publish(room, count);
    expect(await kept(app, room)).toBe(5);
  });
});

eachLane('limits of readers', (world) => {
  test('send a stream away with a time to come back, and admit it once there is room', async () => {
    const app = await world.start(withLimits({ streams: 2 }));
    const [one, two] = [channel(), channel()];
    const first = await world.read(eventsUrl(app, one));
    const several = await world.read(`${app.url}/events?channel=${one}&channel=${two}`);
    await Promise.all(
      [first, several].map((reader) => reader.until(() => reader.events.length > 0)),
    );

    const refused = await world.read(eventsUrl(app, two));
    await refused.ended;
    expect(refused.events).toMatchObject([
      {
        event: 'stream.closing',
        data: JSON.stringify({ reason: 'too-many-streams', reconnect: true }),
      },
    ]);
    expect(refused.retry).toBeGreaterThanOrEqual(10_000);
    const waiting = await request(`${messagesUrl(app, one)}?after=1-0&wait=5`, {});
    // The position is unknown, so there is nothing to wait for.
    expect(waiting.status).toBe(200);
    const { position } = waiting.json() as { position: string };
    const longPoll = await request(`${messagesUrl(app, one)}?after=${position}&wait=5`);
    expect([longPoll.status, longPoll.headers['retry-after']]).toEqual([429, '10']);

    const other = await world.read(eventsUrl(app, one), { 'X-User': 'ada' });
    await other.until(() => other.events.length > 0);
    expect(other.events[0]?.event).toBe('stream.ready');

    await first.close();
    for (;;) {
      const again = await world.read(eventsUrl(app, two));
      await again.until(() => again.events.length > 0);
      // The server may not have noticed yet.
      if (again.events[0]?.event === 'stream.ready') break;
    }
  });

  test('are 400 for too many channels of one policy', async () => {
    const app = await world.start(withLimits({ channelsPerStream: 2 }));
    const url = (...channels: string[]) =>
      `${app.url}/events?${channels.map((name) => `channel=${name}`).join('&')}`;
    const reader = await world.read(url(channel(), channel(), channel('b'), channel('b')));
    await reader.until(() => reader.events.length > 0);
    const refused = await request(url(channel(), channel('b'), channel(), channel()));
    expect(refused.status).toBe(400);
    expect(refused.json()).toMatchObject({
      code: 'invalid-request',
      detail: `Name at most 2 channels of a${testCount}.*.`,
    });
  });
});

/** An engine of one's own that knows nothing of charges. */
class PlainBroker extends Broker {
  readonly charges: unknown[] = [];
  private readonly memory = new MemoryBroker(new BirdsongSettings({ channels: {} }));

  override open = () => this.memory.open();
  override isAvailable = () => true;
  override close = () => this.memory.close();
  override read = (channel: BrokerChannel, query: HistoryQuery) => this.memory.read(channel, query);
  override revise = (...revision: Parameters<Broker['revise']>) => this.memory.revise(...revision);
  override subscribe = (channel: BrokerChannel, listener: ChannelListener) =>
    this.memory.subscribe(channel, listener);
  override publish(channel: BrokerChannel, batch: Batch) {
    this.charges.push(batch.charge);
    return this.memory.publish(channel, batch);
  }
}

test('limits with an engine that takes no charges are kept by each node', async () => {
  const broker = new PlainBroker();
  const app = await NestApp.birdsong({ ...withLimits(TWO_SENDS), broker: () => broker });
  const room = channel();
  expect(await statuses(app, room, 3)).toEqual([201, 201, 429]);
  expect(await statuses(app, room, 1, { 'X-User': 'ada' })).toEqual([201]);
  expect(broker.charges.filter(Boolean)).toEqual([]);
  expect(await kept(app, room)).toBe(3);
  await app.close();
});
