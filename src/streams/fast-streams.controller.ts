import {
  Controller,
  Get,
  Query,
  Req,
  Res,
  UseFilters,
  UseGuards,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { Access, AccessGuard, Admission, type Admitted } from '../access/access.guard.js';
import type { HttpRequest, HttpResponse } from '../http/http-request.js';
import { NotThrottled } from '../http/not-throttled.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { settingsOf, streamQueryPipe, type StreamQuery } from './stream-query.js';
import { Streams } from './streams.js';

/** Birdsong's own streams in the fast lane. */
@Controller({ version: VERSION_NEUTRAL })
@NotThrottled()
@UseGuards(AccessGuard)
@UseFilters(ProblemFilter)
export class FastStreamsController {
  constructor(private readonly streams: Streams) {}

  @Get(['channels/:channel/events', 'events'])
  @Access('subscribe')
  events(
    @Admission() admitted: Admitted,
    @Query(streamQueryPipe) query: StreamQuery,
    @Req() request: HttpRequest,
    @Res() response: HttpResponse,
  ): void {
    this.streams.serve(admitted.channels, request, response, settingsOf(admitted, query));
  }
}
