import {
  Controller,
  Param,
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
import { Access, AccessGuard } from '../auth/access.guard.js';
import { ProblemFilter } from '../errors/problem.filter.js';
import { RequestPipe, wholeParameter } from '../messages/request.pipe.js';
import { ChannelPolicies } from '../policies/channel-policies.js';
import { SourceGuard } from './source.guard.js';
import { lastEventIdOf, rawRequestOf, responseOf, type HttpRequest } from './stream.request.js';
import { Streams } from './streams.js';

const streamQuery = z.object({ history: wholeParameter(0, 1000).default(0) });

type StreamQuery = z.infer<typeof streamQuery>;

@Controller()
@UseGuards(AccessGuard, SourceGuard)
@UseFilters(ProblemFilter)
export class StreamsController {
  constructor(
    private readonly policies: ChannelPolicies,
    private readonly streams: Streams,
  ) {}

  @Sse('channels/:channel/events')
  @Access('subscribe')
  one(
    @Param('channel') channel: string,
    @Query(new RequestPipe(streamQuery)) query: StreamQuery,
    @Req() request: HttpRequest,
    @Res() response: unknown,
  ): Observable<MessageEvent> {
    return this.serve([channel], query, request, response);
  }

  @Sse('events')
  @Access('subscribe')
  several(
    @Query('channel') channel: unknown,
    @Query(new RequestPipe(streamQuery)) query: StreamQuery,
    @Req() request: HttpRequest,
    @Res() response: unknown,
  ): Observable<MessageEvent> {
    return this.serve(Array.isArray(channel) ? channel : [channel], query, request, response);
  }

  private serve(
    names: readonly unknown[],
    query: StreamQuery,
    request: HttpRequest,
    response: unknown,
  ): Observable<MessageEvent> {
    const channels = names.map((name) => this.policies.require(name));
    return this.streams.serve(channels, rawRequestOf(request), responseOf(request, response), {
      lastEventId: lastEventIdOf(request),
      historyCount: query.history,
    });
  }
}
