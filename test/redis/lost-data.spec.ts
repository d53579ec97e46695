import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import type { Broker, BrokerChannel } from '../../src/broker/broker.port.js';
import { formatPosition, type Position } from '../../src/protocol/position.js';
import { batch, dataOf, newChannel } from '../../src/testing/contract/publications.js';
import { RedisBrokers } from '../contracts/redis-brokers.js';
import { RedisServer } from '../harness/redis-server.js';

/** One thing that happens to a channel and its Redis. */
type Step = { publish: number } | 'read' | 'save' | 'start anew' | 'come back with what was saved';

const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ publish: fc.integer({ min: 1, max: 4 }) }) },
    ...(['read', 'save', 'start anew', 'come back with what was saved'] as const).map((step) => ({
      weight: 2,
      arbitrary: fc.constant(step),
    })),
  ),
  { maxLength: 25 },
) as fc.Arbitrary<Step[]>;

interface Sent {
  readonly position: Position;
  readonly data: number;
  isLost: boolean;
}

/** A channel in a Redis that starts anew and forgets, without the time that it takes a real one. */
class Scene {
  readonly sent: Sent[] = [];
  private saved: { dumps: [key: string, dump: Buffer | null][]; count: number } | undefined;

  constructor(
    private readonly broker: Broker,
    readonly channel: BrokerChannel,
    private readonly admin: Redis,
  ) {}

  async take(step: Step): Promise<void> {
    switch (step) {
      case 'read':
        await this.broker.read(this.channel, { limit: 1 });
        return;
      case 'save':
        this.saved = { dumps: await this.dump(), count: this.sent.length };
        return;
      case 'start anew':
        await this.startAnew();
        return;
      case 'come back with what was saved':
        await this.comeBack();
        return;
      default:
        await this.publish(step.publish);
    }
  }

  private async publish(count: number): Promise<void> {
    const data = Array.from({ length: count }, (_, index) => this.sent.length + index);
    const { first } = await this.broker.publish(this.channel, batch(data));
    data.forEach((one, index) =>
      this.sent.push({
        position: { ...first, offset: first.offset + index },
        data: one,
        isLost: false,
      }),
    );
  }

  private dump(): Promise<[string, Buffer | null][]> {
    const keys = ['meta', 'history'].map((kind) => `birdsong:{${this.channel.name}}:${kind}`);
    return Promise.all(
      keys.map(async (key): Promise<[string, Buffer | null]> => [
        key,
        await this.admin.dumpBuffer(key),
      ]),
    );
  }

  private async comeBack(): Promise<void> {
    const { dumps, count } = this.saved ?? { dumps: [], count: this.sent.length };
    for (const [key, dump] of dumps) {
      await this.admin.del(key);
      if (dump) await this.admin.restore(key, 0, dump);
    }
    this.sent.slice(count).forEach((message) => (message.isLost = true));
    await this.startAnew();
  }

  /** Not within the same millisecond, as no Redis restarts that fast. */
  private async startAnew(): Promise<void> {
    const startMs = Date.now();
    do {
      await this.admin.call('DEBUG', 'CHANGE-REPL-ID');
    } while (Date.now() <= startMs);
  }
}

let world: RedisBrokers;
let redis: RedisServer;
let broker: Broker;

beforeAll(async () => {
  redis = await RedisServer.start({ args: ['--enable-debug-command', 'local'] });
  world = await RedisBrokers.start();
  broker = await world.open({ url: redis.url });
});
afterAll(async () => {
  await world.stop();
  await redis.stop();
});

test('whatever Redis loses, no reader gets a message twice or misses one without a gap', async () => {
  const admin = redis.client();
  await fc.assert(
    fc.asyncProperty(steps, async (script) => {
      const scene = new Scene(broker, newChannel(), admin);
      // Before the next publish, it may be unknown what was lost.
      for (const step of [...script, { publish: 1 }]) {
        await scene.take(step);
      }
      const { sent, channel } = scene;

      const ids = sent.map(({ position }) => formatPosition(position));
      expect(new Set(ids).size).toBe(ids.length);
      for (const { position, isLost } of sent) {
        const walk = await walkFrom(channel, position);
        const later = sent.filter((other) => isLater(other.position, position));
        const kept = later.filter((other) => !other.isLost);
        expect(walk.data).toEqual(kept.map(({ data }) => data));
        // Readers that had lost messages are told, and so are those that never got them, but no others.
        expect(walk.isTold).toBe(isLost || kept.length < later.length);
      }
    }),
    { numRuns: 60 },
  );
});

/** What a reader gets from there to the end, and whether it is told that something is missing. */
async function walkFrom(channel: BrokerChannel, start: Position) {
  const data: unknown[] = [];
  let isTold = false;
  for (let after = start; ;) {
    const page = await broker.read(channel, { after, limit: 1000 });
    data.push(...page.messages.map(dataOf));
    isTold ||= page.gap !== undefined;
    const end = page.messages.at(-1)?.position ?? page.gap?.resumeAt;
    if (!end) return { data, isTold };
    after = end;
  }
}

const isLater = (one: Position, other: Position): boolean =>
  one.epoch > other.epoch || (one.epoch === other.epoch && one.offset > other.offset);
