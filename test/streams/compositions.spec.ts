import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { Birdsong, BirdsongModule, type Message } from '../../src/index.js';
import type { ParsedEvent } from '../harness/event-stream-parser.js';
import { NestApp } from '../harness/nest-app.js';
import { SseReader } from '../harness/sse-reader.js';
import {
  CHANNEL,
  CompositionsController,
  IdKeepingInterceptor,
  InterceptedController,
  OTHER_CHANNEL,
  OwnEventsInterceptor,
} from './compositions.js';

const COUNT = 121;

const ROUTES = [
  'compose/as-it-is',
  'compose/filtered',
  'compose/messages-alone',
  'compose/mapped',
  'compose/without-ids',
  'compose/messages-only',
  'compose/values',
  'compose/without-ids-merged-with-own',
  'compose/merged-with-own',
  'compose/merged-channels',
  'compose/split-and-merged',
  'compose/asynchronous',
  'compose/delayed',
  'compose/buffered',
  'compose/shared',
  'compose/framed',
  'compose/ended',
  'compose/tried-again',
  'compose/intercepted',
  'compose/own-ids',
  'compose-intercepted/controller',
];

/** The messages of both channels in order, and all other events. */
interface Seen {
  readonly messages: Message[];
  readonly others: ParsedEvent[];
}

describe('however an app composes a stream, its clients lose and repeat nothing', () => {
  let host: NestApp;

  beforeEach(async () => {
    host = await NestApp.start({
      imports: [BirdsongModule.forRoot({ channels: { 'feed.*': {} }, heartbeatSeconds: 0.05 })],
      controllers: [CompositionsController, InterceptedController],
    });
  });
  afterEach(() => host.close());

  test.each(ROUTES)('%s', async (route) => {
    const seen = await readWhilePublishing(host, route);
    const wanted = Array.from({ length: COUNT }, (_, index) => index + 1).filter(
      (number) => route !== 'compose/filtered' || number % 3 !== 0,
    );

    expect(numbersIn(seen, CHANNEL)).toEqual(wanted);
    expect(seen.others.filter(({ event }) => event === 'stream.gap')).toEqual([]);
    if (route === 'compose/merged-channels') {
      expect(numbersIn(seen, OTHER_CHANNEL)).toEqual(wanted);
    }
    if (hasOwnEvents(route)) {
      expect(seen.others.filter(({ event }) => event === 'own').length).toBeGreaterThan(0);
    }
  });

  test('of several events that are made of one message, only the last says that the client has it', async () => {
    const birdsong = host.app.get(Birdsong);
    const { position } = await birdsong.history(CHANNEL);
    const reader = await SseReader.open(`${host.url}/compose/doubled`, {
      headers: { 'Last-Event-ID': position },
    });
    const receipts = await birdsong.publishBatch(CHANNEL, [{ data: 1 }, { data: 2 }, { data: 3 }]);
    const events = await reader.take(6);
    await reader.close();
    const [one, two, three] = receipts.map(({ id }) => id);

    expect(events.map(({ event }) => event)).toEqual(
      Array.from({ length: 3 }, () => ['extra', 'message']).flat(),
    );
    expect(events.map(({ id }) => id)).toEqual([position, one, one, two, two, three]);
  });

  test('heartbeats reach the client, whatever the handler does with messages', async () => {
    const reader = await SseReader.open(`${host.url}/compose/messages-only`);
    await reader.until(({ comments }) => comments.length > 2);
    await reader.close();

    expect(reader.events).toEqual([]);
  });

  test('even with an APP_INTERCEPTOR of the app that adds events and keeps ids', async () => {
    await host.close();
    host = await NestApp.start({
      imports: [BirdsongModule.forRoot({ channels: { 'feed.*': {} } })],
      controllers: [CompositionsController],
      providers: [{ provide: APP_INTERCEPTOR, useClass: IdKeepingInterceptor }],
    });
    const seen = await readWhilePublishing(host, 'compose/as-it-is');

    expect(numbersIn(seen, CHANNEL)).toEqual(Array.from({ length: COUNT }, (_, at) => at + 1));
  });

  test('even with a global interceptor that adds events', async () => {
    await host.close();
    host = await NestApp.start(
      {
        imports: [BirdsongModule.forRoot({ channels: { 'feed.*': {} } })],
        controllers: [CompositionsController],
      },
      (app) => app.useGlobalInterceptors(new OwnEventsInterceptor()),
    );
    const seen = await readWhilePublishing(host, 'compose/as-it-is');

    expect(numbersIn(seen, CHANNEL)).toEqual(Array.from({ length: COUNT }, (_, at) => at + 1));
    expect(seen.others.filter(({ event }) => event === 'own').length).toBeGreaterThan(0);
  });
});

const numbersIn = ({ messages }: Seen, channel: string): unknown[] =>
  messages.filter((message) => message.channel === channel).map(({ data }) => data);

/** A client whose connection breaks after every few messages, and that resumes by its Last-Event-ID. */
async function readWhilePublishing(host: NestApp, route: string): Promise<Seen> {
  const seen: Seen = { messages: [], others: [] };
  const birdsong = host.app.get(Birdsong);
  const channels = route === 'compose/merged-channels' ? [CHANNEL, OTHER_CHANNEL] : [CHANNEL];
  const isWhole = () => channels.every((channel) => seen.messages.some(isLast(channel)));
  // Before the first message. Two channels share no position, so their first connect is live.
  let lastEventId = channels.length > 1 ? '' : (await birdsong.history(CHANNEL)).position;
  let published = 0;
  let connection = 0;
  while (!isWhole()) {
    const reader = await SseReader.open(`${host.url}/${route}`, {
      headers: lastEventId === '' ? {} : { 'Last-Event-ID': lastEventId },
    });
    if (connection++ === 0 && channels.length > 1) {
      await reader.take(channels.length, ({ event }) => event === 'stream.ready');
    }
    for (let some = 0; some < 20 && published < COUNT; some++) {
      published++;
      for (const channel of channels) {
        await birdsong.publish(channel, published);
      }
    }
    if (hasOwnEvents(route)) {
      await reader.next(({ event }) => event === 'own');
    }
    const count = 1 + (connection % 4) * 3;
    await reader.until(
      ({ events, isOpen }) =>
        !isOpen || events.filter(isMessage).length >= count || events.some(isFinal),
    );
    await reader.close();
    for (const event of reader.events) {
      if (isMessage(event)) {
        seen.messages.push(JSON.parse(event.data) as Message);
      } else {
        seen.others.push(event);
      }
    }
    lastEventId = reader.lastEventId;
  }
  return seen;
}

const hasOwnEvents = (route: string): boolean => /own|intercepted/.test(route);

const isLast =
  (channel: string) =>
  (message: Message): boolean =>
    message.channel === channel && message.data === COUNT;

const isMessage = ({ event, data }: ParsedEvent): boolean =>
  event === 'message' && data.startsWith('{');

const isFinal = (event: ParsedEvent): boolean =>
  isMessage(event) && (JSON.parse(event.data) as Message).data === COUNT;
