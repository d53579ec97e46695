import {
  Controller,
  Query,
  Req,
  Res,
  Sse,
  UseFilters,
  UseGuards,
  type MessageEvent,
} from '@nestjs/common';
import type { Observable } from 'rxjs';
import { z } from 'zod';
import { Access, AccessGuard, Admission, type Admitted } from '../access/access.guard.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { RequestPipe, wholeParameter } from '../http/request.pipe.js';
import { SourceGuard } from './source.guard.js';
import { lastEventIdOf, rawRequestOf, responseOf, type HttpRequest } from '../http/http-request.js';
import { Streams } from './streams.js';

const streamQuery = z.object({ history: wholeParameter(0, 1000).default(0) });

type StreamQuery = z.infer<typeof streamQuery>;

@Controller()
@UseGuards(AccessGuard, SourceGuard)
@UseFilters(ProblemFilter)
export class StreamsController {
  constructor(private readonly streams: Streams) {}

  @Sse('channels/:channel/events')
  @Access('subscribe')
  one(
    @Admission() admitted: Admitted,
    @Query(new RequestPipe(streamQuery)) query: StreamQuery,
    @Req() request: HttpRequest,
    @Res() response: unknown,
  ): Observable<MessageEvent> {
    return this.serve(admitted, query, request, response);
  }

  @Sse('events')
  @Access('subscribe')
  several(
    @Admission() admitted: Admitted,
    @Query(new RequestPipe(streamQuery)) query: StreamQuery,
    @Req() request: HttpRequest,
    @Res() response: unknown,
  ): Observable<MessageEvent> {
    return this.serve(admitted, query, request, response);
  }

  private serve(
    { channels }: Admitted,
    { history }: StreamQuery,
    request: HttpRequest,
    response: unknown,
  ): Observable<MessageEvent> {
    return this.streams.serve(channels, rawRequestOf(request), responseOf(request, response), {
      lastEventId: lastEventIdOf(request),
      historyCount: history,
    });
  }
}
