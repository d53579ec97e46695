import {
  Controller,
  Injectable,
  Req,
  Sse,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type MessageEvent,
  type NestInterceptor,
} from '@nestjs/common';
import type { Request } from 'express';
import {
  bufferTime,
  concat,
  concatMap,
  defer,
  delay,
  endWith,
  filter,
  map,
  merge,
  mergeMap,
  of,
  retry,
  scan,
  share,
  startWith,
  takeUntil,
  tap,
  timer,
  type Observable,
} from 'rxjs';
import { Birdsong, keepEventIds, messagesOnly, type Message } from '../../src/index.js';

export const CHANNEL = 'feed.one';
export const OTHER_CHANNEL = 'feed.two';

/** The events that an app adds to Birdsong's messages. */
const own$ = (name: string): Observable<MessageEvent> =>
  timer(0, 3).pipe(map((count) => ({ type: 'own', data: `${name} ${count}` })));

const isMessage = ({ type }: MessageEvent): boolean => !type?.startsWith('stream.');
const messageOf = ({ data }: MessageEvent): Message => data as Message;

@Injectable()
export class OwnEventsInterceptor implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler<MessageEvent>): Observable<MessageEvent> {
    return merge(next.handle(), own$('interceptor'));
  }
}

/** As docs/nest.md describes for interceptors outside Birdsong's own. */
@Injectable()
export class IdKeepingInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler<MessageEvent>): Observable<unknown> {
    const request = context.switchToHttp().getRequest<Request>();
    return merge(next.handle(), own$('outside')).pipe(keepEventIds(request));
  }
}

@Injectable()
export class LateInterceptor implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler<MessageEvent>): Observable<MessageEvent> {
    return next.handle().pipe(delay(5));
  }
}

/** What app developers do with a stream. No route may lose or repeat anything, however often connections break. */
@Controller('compose')
export class CompositionsController {
  constructor(private readonly birdsong: Birdsong) {}

  @Sse('as-it-is')
  asItIs(@Req() request: Request): Observable<MessageEvent> {
    return this.stream(request);
  }

  @Sse('filtered')
  filtered(@Req() request: Request): Observable<MessageEvent> {
    return this.stream(request).pipe(
      filter((event) => !isMessage(event) || Number(messageOf(event).data) % 3 !== 0),
    );
  }

  @Sse('messages-alone')
  messagesAlone(@Req() request: Request): Observable<MessageEvent> {
    return this.stream(request).pipe(filter(isMessage));
  }

  @Sse('mapped')
  mapped(@Req() request: Request): Observable<unknown> {
    return this.stream(request).pipe(
      filter(isMessage),
      map((event) => ({ id: event.id, data: messageOf(event) }) as MessageEvent),
      scan((_, event) => event),
    );
  }

  @Sse('without-ids')
  withoutIds(@Req() request: Request): Observable<unknown> {
    return this.stream(request).pipe(
      filter(isMessage),
      map((event) => ({ data: messageOf(event) })),
    );
  }

  /** Takes every event for a message. */
  @Sse('messages-only')
  messagesOnly(@Req() request: Request): Observable<unknown> {
    return this.stream(request).pipe(
      messagesOnly<number>(),
      map(({ data: message }) => ({ data: { ...message, data: message.data + 0 } })),
    );
  }

  /** Makes two events of each message, neither of which has its id. */
  @Sse('doubled')
  doubled(@Req() request: Request): Observable<unknown> {
    return this.stream(request).pipe(
      messagesOnly(),
      mergeMap(({ data }) => [{ type: 'extra', data }, { data }]),
    );
  }

  /** Plain values, which Nest turns into events. */
  @Sse('values')
  values(@Req() request: Request): Observable<unknown> {
    return this.stream(request).pipe(
      filter(isMessage),
      map((event) => JSON.stringify(messageOf(event))),
    );
  }

  @Sse('without-ids-merged-with-own')
  withoutIdsMerged(@Req() request: Request): Observable<unknown> {
    return merge(this.withoutIds(request), own$('beside'));
  }

  @Sse('merged-with-own')
  mergedWithOwn(@Req() request: Request): Observable<MessageEvent> {
    return merge(own$('before'), this.stream(request), own$('behind'));
  }

  @Sse('merged-channels')
  mergedChannels(@Req() request: Request): Observable<MessageEvent> {
    return merge(this.stream(request), this.birdsong.stream(OTHER_CHANNEL, request));
  }

  @Sse('split-and-merged')
  splitAndMerged(@Req() request: Request): Observable<MessageEvent> {
    const stream$ = this.stream(request);
    return merge(
      stream$.pipe(filter((event) => isMessage(event) && Number(messageOf(event).data) % 2 === 0)),
      stream$.pipe(filter((event) => !isMessage(event) || Number(messageOf(event).data) % 2 === 1)),
    );
  }

  @Sse('asynchronous')
  asynchronous(@Req() request: Request): Observable<MessageEvent> {
    return this.stream(request).pipe(
      concatMap(async (event) => {
        await new Promise(setImmediate);
        return event;
      }),
    );
  }

  @Sse('delayed')
  delayed(@Req() request: Request): Observable<MessageEvent> {
    return this.stream(request).pipe(delay(5));
  }

  @Sse('buffered')
  buffered(@Req() request: Request): Observable<MessageEvent> {
    return this.stream(request).pipe(
      bufferTime(4),
      mergeMap((events) => events),
    );
  }

  @Sse('shared')
  shared(@Req() request: Request): Observable<MessageEvent> {
    return this.stream(request).pipe(share());
  }

  @Sse('framed')
  framed(@Req() request: Request): Observable<MessageEvent> {
    return this.stream(request).pipe(
      startWith({ type: 'own', data: 'first' }),
      endWith({ type: 'own', data: 'last' }),
    );
  }

  /** Completes now and then, and is subscribed again. */
  @Sse('ended')
  ended(@Req() request: Request): Observable<MessageEvent> {
    return concat(
      this.stream(request).pipe(takeUntil(timer(40))),
      of({ type: 'own', data: 'come back' }),
    );
  }

  /** Fails in the middle of its work, and retries. */
  @Sse('tried-again')
  triedAgain(@Req() request: Request): Observable<MessageEvent> {
    let count = 0;
    return this.stream(request).pipe(
      concatMap((event) =>
        defer(async () => {
          await new Promise(setImmediate);
          if (++count % 7 === 0) {
            throw new Error('A failure of the app');
          }
          return event;
        }),
      ),
      retry(),
    );
  }

  @Sse('intercepted')
  @UseInterceptors(OwnEventsInterceptor, LateInterceptor)
  intercepted(@Req() request: Request): Observable<MessageEvent> {
    return this.stream(request).pipe(tap());
  }

  @Sse('own-ids')
  ownIds(@Req() request: Request): Observable<MessageEvent> {
    return merge(
      this.stream(request),
      own$('numbered').pipe(map((event) => ({ ...event, id: 'a name of its own' }))),
    );
  }

  private stream(request: Request): Observable<MessageEvent> {
    return this.birdsong.stream(CHANNEL, request);
  }
}

@Controller('compose-intercepted')
@UseInterceptors(OwnEventsInterceptor)
export class InterceptedController {
  constructor(private readonly birdsong: Birdsong) {}

  @Sse('controller')
  stream(@Req() request: Request): Observable<MessageEvent> {
    return this.birdsong.stream(CHANNEL, request);
  }
}
