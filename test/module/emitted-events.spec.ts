import { afterEach, describe, expect, test } from '@jest/globals';
import { Injectable, type DynamicModule } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import {
  Birdsong,
  BirdsongModule,
  NewBatchEvent,
  NewMessageEvent,
  type Receipt,
} from '../../src/index.js';
import { request } from '../harness/http-client.js';
import type { NestApp } from '../harness/nest-app.js';
import { HostWorld, publish } from './host-world.js';
import { Auditor, CHANNELS } from './shop-app.js';

/** Awaits the outcome, as an app that keeps a record of its messages does. */
@Injectable()
class Bookkeeper {
  readonly outcomes: unknown[] = [];

  @OnEvent(NewMessageEvent.NAME)
  async message(event: NewMessageEvent): Promise<void> {
    this.outcomes.push(await event.outcome.catch((error: unknown) => error));
  }

  @OnEvent(NewBatchEvent.NAME, { prependListener: true })
  async batch(event: NewBatchEvent): Promise<void> {
    this.outcomes.push(await event.outcome.catch((error: unknown) => error));
  }
}

@Injectable()
class WildListener {
  readonly heard: unknown[] = [];

  @OnEvent('birdsong.*')
  oneLevel({ message }: NewMessageEvent): void {
    this.heard.push(['birdsong.*', message.data]);
  }

  @OnEvent('**')
  all({ message }: NewMessageEvent): void {
    this.heard.push(['**', message.data]);
  }
}

const birdsong = (): DynamicModule => BirdsongModule.forRoot({ channels: CHANNELS });

/** Birdsong with the host's own emitter, in every order, and without one. */
const IMPORTS: [string, () => DynamicModule[]][] = [
  ['after the emitter', () => [EventEmitterModule.forRoot(), birdsong()]],
  ['before the emitter', () => [birdsong(), EventEmitterModule.forRoot()]],
  [
    'beside one that is not global',
    () => [birdsong(), EventEmitterModule.forRoot({ global: false })],
  ],
  ['without an emitter', () => [birdsong()]],
];

const emitterOf = ({ app }: NestApp) => app.get(EventEmitter2);

describe('events of an app', () => {
  const world = new HostWorld();

  afterEach(() => world.close());

  test.each(IMPORTS)(
    'event.outcome is there for its listeners, imported %s',
    async (_, imports) => {
      const app = await world.start({ imports: imports(), providers: [Bookkeeper] });
      const { outcomes } = app.app.get(Bookkeeper);
      const published = await publish(app, 'open.a', 'published');
      const sent = await request(`${app.url}/channels/open.a/messages`, { json: { data: 'sent' } });
      const event = new NewMessageEvent({ channel: 'open.a', data: 'emitted' });
      emitterOf(app).emit(NewMessageEvent.NAME, event);
      const emitted = await event.outcome;
      const batch = await app.app.get(Birdsong).publishBatch('open.a', [{ data: 1 }, { data: 2 }]);
      await expect(publish(app, 'no.such', 1)).rejects.toMatchObject({ code: 'unknown-channel' });

      expect(outcomes).toEqual([
        published,
        { ...(sent.json() as Receipt), duplicate: false },
        emitted,
        batch,
        expect.objectContaining({ code: 'unknown-channel' }),
      ]);
      expect(event.receipt).toEqual(emitted);
    },
  );

  test.each(IMPORTS)('an app has one emitter, Birdsong imported %s', async (_, imports) => {
    const app = await world.start({ imports: imports(), providers: [Auditor] });
    await publish(app, 'open.a', 'published');
    await emitterOf(app).emitAsync(
      NewMessageEvent.NAME,
      new NewMessageEvent({ channel: 'open.a', data: 'emitted' }),
    );

    expect(app.app.get(Auditor).audited).toEqual(['published', 'emitted']);
    expect(app.app.get(EventEmitter2, { each: true })).toHaveLength(1);
  });

  test.each([{}, { delimiter: '.', maxListeners: 1 }])(
    'wildcards receive messages, whatever was imported first: %j',
    async (more) => {
      const emitter = EventEmitterModule.forRoot({ wildcard: true, ...more });
      for (const imports of [
        [emitter, birdsong()],
        [birdsong(), emitter],
      ]) {
        const app = await world.start({ imports, providers: [WildListener] });
        await publish(app, 'open.a', 1);

        expect(app.app.get(WildListener).heard.sort()).toEqual([
          ['**', 1],
          ['birdsong.*', 1],
        ]);
      }
    },
  );

  test('with another delimiter, the name is one segment', async () => {
    const app = await world.start({
      imports: [birdsong(), EventEmitterModule.forRoot({ wildcard: true, delimiter: '/' })],
      providers: [WildListener, Auditor],
    });
    const receipt = await publish(app, 'open.a', 1);

    expect(receipt.channel).toBe('open.a');
    expect(app.app.get(WildListener).heard).toEqual([['**', 1]]);
    expect(app.app.get(Auditor).audited).toEqual([1]);
  });

  test('a plain object that is emitted is published too', async () => {
    const app = await world.start();
    await emitterOf(app).emitAsync(NewMessageEvent.NAME, {
      message: { channel: 'open.a', data: 'plain' },
    });

    const { messages } = await app.app.get(Birdsong).history('open.a');
    expect(messages.map(({ data }) => data)).toEqual(['plain']);
  });

  test.each([undefined, null, 0, 'text', {}, { channel: 'open.a' }, { channel: 7, data: 1 }])(
    'an event with %j for a message is refused with a code',
    async (content) => {
      const app = await world.start();
      for (const [name, event] of [
        [NewMessageEvent.NAME, new NewMessageEvent(content as never)],
        [NewBatchEvent.NAME, new NewBatchEvent(content as never)],
      ] as const) {
        emitterOf(app).emit(name, event);

        await expect(event.outcome).rejects.toMatchObject({
          code: expect.stringMatching(/^invalid-(?:channel|request)$/),
        });
      }
    },
  );

  test('an event is one message, however often it is emitted', async () => {
    const app = await world.start();
    const event = new NewMessageEvent({ channel: 'open.a', data: 'once' });
    emitterOf(app).emit(NewMessageEvent.NAME, event);
    await emitterOf(app).emitAsync(NewMessageEvent.NAME, event);
    await emitterOf(app).emitAsync(NewMessageEvent.NAME, event);

    const { messages } = await app.app.get(Birdsong).history('open.a');
    expect(messages.map(({ id, data }) => [id, data])).toEqual([[event.receipt?.id, 'once']]);
  });

  test('a listener that throws before Birdsong’s runs stops no message', async () => {
    const app = await world.start();
    emitterOf(app).prependListener(NewMessageEvent.NAME, () => {
      throw new Error('The host is unwell');
    });

    expect(await publish(app, 'open.a', 1)).toMatchObject({ channel: 'open.a' });
  });
});
