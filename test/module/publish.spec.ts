import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { z } from 'zod';
import {
  Birdsong,
  BirdsongModule,
  NewBatchEvent,
  NewMessageEvent,
  type BirdsongOptions,
  type Receipt,
} from '../../src/index.js';
import { request } from '../harness/http-client.js';
import type { NestApp } from '../harness/nest-app.js';
import { RedisServer } from '../harness/redis-server.js';
import { HostWorld, publish } from './host-world.js';

const schema = z.object({ text: z.string(), at: z.date().optional(), more: z.unknown() });

/** A schema that answers later, as if it asked a database. */
const asyncSchema = schema.refine(async () => {
  await new Promise(setImmediate);
  return true;
});

class Money {
  readonly #cents: number;
  constructor(cents: number) {
    this.#cents = cents;
  }
  toJSON(): string {
    return (this.#cents / 100).toFixed(2);
  }
}

const channels: BirdsongOptions['channels'] = {
  'free.*': { publish: 'anyone', subscribe: 'anyone' },
  'sync.*': { data: schema },
  'async.*': { data: asyncSchema },
  'money.*': { data: z.object({ price: z.instanceof(Money) }) },
};

/** Publishes before the app has started. */
@Injectable()
class EagerService implements OnModuleInit {
  first: Promise<Receipt>;
  second: Receipt | undefined;

  constructor(private readonly birdsong: Birdsong) {
    this.first = birdsong.publish('free.eager', 1);
    this.first.catch(() => undefined);
  }

  async onModuleInit(): Promise<void> {
    this.second = await this.birdsong.publish('free.eager', 2);
  }
}

/** A module whose hooks run before those of others. */
@Module({ providers: [EagerService], exports: [EagerService] })
class EagerModule {}

const dataIn = async ({ app }: NestApp, channel: string): Promise<unknown[]> =>
  (await app.get(Birdsong).history(channel)).messages.map(({ data }) => data);

describe.each(['memory', 'Redis'])('what an app publishes, with %s', (broker) => {
  const world = new HostWorld();
  let redis: RedisServer | undefined;

  beforeAll(async () => {
    redis = broker === 'Redis' ? await RedisServer.start() : undefined;
  });
  afterEach(() => world.close());
  afterAll(() => redis?.stop());

  const birdsong = (more = {}) =>
    BirdsongModule.forRoot({ channels, redis: redis && { url: redis.url }, ...more });

  test.each(['free', 'sync', 'async'])(
    'is the data as it was at the call, even if it changes later: %s',
    async (kind) => {
      const channel = `${kind}.snapshot`;
      const app = await world.start({ imports: [birdsong()] });
      const emitter = app.app.get(EventEmitter2);
      const data = { text: '', more: { deep: [{ count: 0 }] } };
      const sends: Promise<unknown>[] = [];
      const change = () => {
        data.text += '+';
        data.more.deep[0] = { count: (data.more.deep[0]?.count ?? 0) + 1 };
        data.more.deep.push({ count: -1 });
      };
      const expected: unknown[] = [];
      const note = () => expected.push(JSON.parse(JSON.stringify(data)));
      for (let count = 0; count < 4; count++) {
        note();
        sends.push(publish(app, channel, data));
        change();
      }
      const messages = [{ data }, { data }];
      note();
      note();
      sends.push(app.app.get(Birdsong).publishBatch(channel, messages));
      messages.pop();
      change();
      const event = new NewMessageEvent({ channel, data });
      change();
      note();
      emitter.emit(NewMessageEvent.NAME, event);
      sends.push(event.outcome);
      change();
      const batch = new NewBatchEvent({ channel, messages });
      note();
      emitter.emit(NewBatchEvent.NAME, batch);
      sends.push(batch.outcome);
      change();
      await Promise.all(sends);

      const published = await dataIn(app, channel);
      const texts = (list: unknown[]) => list.map((one) => JSON.stringify(one)).sort();
      expect(texts(published)).toEqual(texts(expected));
    },
  );

  test('may contain dates, and class instances that a schema asks for', async () => {
    const app = await world.start({ imports: [birdsong()] });
    const at = new Date(0);
    const more = JSON.parse('{"__proto__":{"a":1}}') as object;
    await publish(app, 'async.kinds', { text: 'dated', at, more });
    await publish(app, 'money.kinds', { price: new Money(250) });

    expect(await dataIn(app, 'async.kinds')).toEqual([
      { text: 'dated', at: '1970-01-01T00:00:00.000Z', more },
    ]);
    expect(await dataIn(app, 'money.kinds')).toEqual([{ price: '2.50' }]);
  });

  test('is refused if it contains itself, with or without a schema', async () => {
    const app = await world.start({ imports: [birdsong()] });
    const cycle: Record<string, unknown> = { text: '' };
    cycle['more'] = cycle;
    for (const channel of ['free.cycle', 'sync.cycle', 'async.cycle']) {
      await expect(publish(app, channel, cycle)).rejects.toMatchObject({ code: 'invalid-request' });
    }
  });

  test.each([true, false])(
    'before the app has started waits for the start (isGlobal: %s)',
    async (isGlobal) => {
      const app = await world.start({
        controllers: [],
        imports: [EagerModule, birdsong({ isGlobal })].slice(isGlobal ? 0 : 1),
        providers: isGlobal ? [] : [EagerService],
      });
      const service = app.app.get(EagerService, { strict: false });

      expect(await service.first).toMatchObject({ channel: 'free.eager' });
      expect(service.second).toMatchObject({ channel: 'free.eager' });
      expect((await dataIn(app, 'free.eager')).slice(-2)).toEqual([1, 2]);
    },
  );

  test('after the app has closed is refused as shutting-down', async () => {
    const app = await world.start({ imports: [birdsong()] });
    await publish(app, 'free.closed', 1);
    await app.close();

    await expect(publish(app, 'free.closed', 2)).rejects.toMatchObject({
      code: 'shutting-down',
      retryable: true,
    });
  });

  test('as a batch may have an Idempotency-Key of 128 characters', async () => {
    const app = await world.start({ imports: [birdsong()] });
    const key = 'k'.repeat(128);
    const send = async () => {
      const { status } = await request(`${app.url}/channels/free.key/messages/batch`, {
        json: { messages: [{ data: 1 }] },
        headers: { 'Idempotency-Key': key },
      });
      return status;
    };

    expect([await send(), await send()]).toEqual([201, 200]);
    const options = { idempotencyKey: key };
    const [receipt] = await app.app
      .get(Birdsong)
      .publishBatch('free.key', [{ data: 1 }], { ...options, sender: 'somebody else' });
    expect(receipt?.duplicate).toBe(false);
    await expect(
      app.app.get(Birdsong).publish('free.key', 1, { idempotencyKey: `${key}k` }),
    ).rejects.toMatchObject({ code: 'invalid-request' });
  });
});
