import { afterEach, describe, expect, test } from '@jest/globals';
import { Controller, Req, Sse, SseSignal, type MessageEvent } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import type { Observable } from 'rxjs';
import { Birdsong, type HttpRequest } from '../../src/index.js';
import { isMessage } from '../harness/event-stream-parser.js';
import { request } from '../harness/http-client.js';
import { NestApp } from '../harness/nest-app.js';
import { SseReader } from '../harness/sse-reader.js';
import { birdsong } from './adapters.js';
import { TimeoutInterceptor } from './timeout.interceptor.js';

@Controller()
class SignalController {
  readonly signals: AbortSignal[] = [];

  constructor(private readonly birdsong: Birdsong) {}

  @Sse('signalled')
  signalled(
    @Req() incoming: HttpRequest,
    @SseSignal() signal: AbortSignal,
  ): Observable<MessageEvent> {
    this.signals.push(signal);
    return this.birdsong.stream('open.1', incoming);
  }
}

describe('the observable lane', () => {
  let host: NestApp;

  afterEach(() => host.close());

  test('aborts @SseSignal() when its client leaves, and not before', async () => {
    host = await NestApp.start({ imports: [birdsong()], controllers: [SignalController] });
    const reader = await SseReader.open(`${host.url}/signalled`);
    await reader.next();
    const { signals } = host.app.get(SignalController);
    const before = signals.map(({ aborted }) => aborted);
    await reader.close();
    while (!signals[0]?.aborted) {
      await new Promise(setImmediate);
    }

    expect(before).toEqual([false]);
  });

  test('a timeout ends it, and a resume from Nest’s own error event is a gap and everything kept', async () => {
    host = await NestApp.start({
      imports: [birdsong({ lane: 'observable' })],
      providers: [{ provide: APP_INTERCEPTOR, useClass: TimeoutInterceptor }],
    });
    const url = `${host.url}/channels/open.1/events`;
    await request(`${host.url}/channels/open.1/messages`, { json: { data: 'kept' } });
    const reader = await SseReader.open(url);
    const error = await reader.next(({ event }) => event === 'error');
    expect(await reader.ended).toBe('complete');
    const back = await SseReader.open(url, { headers: { 'Last-Event-ID': reader.lastEventId } });
    const [gap] = await back.take(1, ({ event }) => event === 'stream.gap');
    const message = await back.next(isMessage);
    await back.close();

    expect(error.id).toBe('1');
    expect(JSON.parse(gap?.data ?? '')).toMatchObject({ after: null });
    expect(JSON.parse(message.data)).toMatchObject({ data: 'kept' });
  });
});
