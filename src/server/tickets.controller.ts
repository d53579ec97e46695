import { Body, Controller, Header, Post, Req, UseFilters, UseGuards } from '@nestjs/common';
import { z } from 'zod';
import type { Identity } from '../channels/policy.js';
import type { HttpRequest } from '../http/http-request.js';
import { JsonBodyGuard } from '../http/json-body.guard.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { RequestPipe } from '../http/request.pipe.js';
import { Tickets, type IssuedTicket } from '../rights/tickets.service.js';
import { Caller, IdentityGuard } from './identity.guard.js';

const ticketBody = z.strictObject({ channels: z.array(z.string()).min(1) });

/** Gives tickets to those who have a token. */
@Controller('tickets')
@UseGuards(IdentityGuard, JsonBodyGuard)
@UseFilters(ProblemFilter)
export class TicketsController {
  constructor(private readonly tickets: Tickets) {}

  @Post()
  @Header('Cache-Control', 'no-store')
  async issue(
    @Caller() identity: Identity,
    @Req() request: HttpRequest,
    @Body(new RequestPipe(ticketBody)) { channels }: z.infer<typeof ticketBody>,
  ): Promise<IssuedTicket> {
    return this.tickets.issue(identity, channels, request);
  }
}
