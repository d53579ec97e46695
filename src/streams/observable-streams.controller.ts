import {
  Controller,
  Header,
  Query,
  Req,
  Sse,
  UseFilters,
  UseGuards,
  VERSION_NEUTRAL,
  type MessageEvent,
} from '@nestjs/common';
import type { Observable } from 'rxjs';
import { Access, AccessGuard, Admission, type Admitted } from '../access/access.guard.js';
import type { HttpRequest } from '../http/http-request.js';
import { NotThrottled } from '../http/not-throttled.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { INCREMENTAL } from './open-event-stream.js';
import { settingsOf, streamQueryPipe, type StreamQuery } from './stream-query.js';
import { Streams } from './streams.js';

/** Birdsong's own streams in the observable lane. */
@Controller({ version: VERSION_NEUTRAL })
@NotThrottled()
@UseGuards(AccessGuard)
@UseFilters(ProblemFilter)
export class ObservableStreamsController {
  constructor(private readonly streams: Streams) {}

  @Sse('channels/:channel/events')
  @Header(...INCREMENTAL)
  @Access('subscribe')
  one(
    @Admission() admitted: Admitted,
    @Query(streamQueryPipe) query: StreamQuery,
    @Req() request: HttpRequest,
  ): Observable<MessageEvent> {
    return this.streams.stream(admitted.channels, request, settingsOf(admitted, query));
  }

  @Sse('events')
  @Header(...INCREMENTAL)
  @Access('subscribe')
  several(
    @Admission() admitted: Admitted,
    @Query(streamQueryPipe) query: StreamQuery,
    @Req() request: HttpRequest,
  ): Observable<MessageEvent> {
    return this.streams.stream(admitted.channels, request, settingsOf(admitted, query));
  }
}
