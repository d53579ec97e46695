import { afterEach, describe, expect, test } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import { z } from 'zod';
import {
  Birdsong,
  BirdsongModule,
  MessageAcceptedEvent,
  type BirdsongOptions,
  type Message,
} from '../../src/index.js';
import { request } from '../harness/http-client.js';
import type { NestApp } from '../harness/nest-app.js';
import { until } from '../harness/until.js';
import { HostWorld } from './host-world.js';

const channels: BirdsongOptions['channels'] = {
  'open.*': { publish: 'anyone', subscribe: 'anyone' },
  'trimmed.*': { data: z.object({ text: z.string().trim() }) },
};

@Injectable()
class Archive {
  readonly messages: Message[] = [];

  @OnEvent(MessageAcceptedEvent.NAME)
  keep({ message }: MessageAcceptedEvent): void {
    this.messages.push(message);
  }
}

describe('MessageAcceptedEvent', () => {
  const world = new HostWorld();

  afterEach(() => world.close());

  const start = (imports = [BirdsongModule.forRoot({ channels })]) =>
    world.start({ imports, providers: [Archive] });
  const birdsongOf = ({ app }: NestApp) => app.get(Birdsong);

  /** The events so far, once that of a last message has arrived. */
  async function toldBy(app: NestApp): Promise<Message[]> {
    const { id } = await birdsongOf(app).publish('open.last', 'last');
    const { messages } = app.app.get(Archive);
    await until('the last is told of', () =>
      Promise.resolve(messages.some((message) => message.id === id)),
    );
    return messages.slice(0, -1);
  }

  test('is emitted for each accepted message, as readers get it', async () => {
    const app = await start();
    const birdsong = birdsongOf(app);
    const options = { sender: 'ada', type: 'note' };
    await birdsong.publish('trimmed.a', { text: ' hi ' }, options);
    await birdsong.publishBatch('open.a', [{ data: 1 }, { data: 2, type: 'two' }]);
    await request(`${app.url}/channels/open.a/messages`, { json: { data: 3 } });
    await expect(birdsong.publish('trimmed.a', 'refused')).rejects.toThrow();

    const kept = await Promise.all(
      ['trimmed.a', 'open.a'].map(async (channel) => (await birdsong.history(channel)).messages),
    );
    expect(await toldBy(app)).toEqual(kept.flat());
  });

  test('is not emitted for a repeat', async () => {
    const app = await start();
    for (const data of [1, 2]) {
      await birdsongOf(app).publish('open.a', data, { idempotencyKey: 'once' });
    }

    expect((await toldBy(app)).map(({ data }) => data)).toEqual([1]);
  });

  test('is emitted after the sender has its answer', async () => {
    const app = await start();
    const order: string[] = [];
    const emitter = app.app.get(EventEmitter2);
    emitter.on(MessageAcceptedEvent.NAME, () => order.push('event'));
    await birdsongOf(app)
      .publish('open.a', 1)
      .then(() => order.push('acknowledged'));
    await until('both', () => Promise.resolve(order.length === 2));

    expect(order).toEqual(['acknowledged', 'event']);
  });

  test('reaches listeners for any event of an emitter with wildcards', async () => {
    const app = await world.start({
      imports: [
        EventEmitterModule.forRoot({ wildcard: true }),
        BirdsongModule.forRoot({ channels }),
      ],
    });
    const heard: unknown[] = [];
    app.app.get(EventEmitter2).onAny((name) => heard.push(name));
    await birdsongOf(app).publish('open.a', 1);
    await until('both are heard', () => Promise.resolve(heard.length === 2));

    expect(heard).toEqual(['birdsong.new-message', 'birdsong.message-accepted']);
  });
});
