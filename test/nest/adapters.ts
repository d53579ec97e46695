import { Controller, Get, Param, Req, Res, Sse, type MessageEvent } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Observable } from 'rxjs';
import {
  Birdsong,
  BirdsongModule,
  type BirdsongModuleExtras,
  type HttpRequest,
  type HttpResponse,
} from '../../src/index.js';

export const ADAPTERS: readonly { name: string; create: () => AbstractHttpAdapter }[] = [
  { name: 'Express', create: () => new ExpressAdapter() },
  { name: 'Fastify', create: () => new FastifyAdapter() },
];

/** The routes of an app, one in each lane. */
@Controller('orders/:id')
export class OrdersController {
  constructor(private readonly birdsong: Birdsong) {}

  @Sse('observable')
  observable(@Param('id') id: string, @Req() request: HttpRequest): Observable<MessageEvent> {
    return this.birdsong.stream(`open.${id}`, request, { history: 10 });
  }

  @Get('fast')
  fast(@Param('id') id: string, @Req() request: HttpRequest, @Res() response: HttpResponse): void {
    this.birdsong.serve(`open.${id}`, request, response, { history: 10 });
  }
}

export const birdsong = (extras: BirdsongModuleExtras = {}) =>
  BirdsongModule.forRoot({
    channels: { 'open.*': { publish: 'anyone', subscribe: 'anyone' } },
    heartbeatSeconds: 0.2,
    ...extras,
  });

/** The streaming routes and their lanes: those of an app, and Birdsong's own. */
export const STREAMS = [
  { path: 'orders/1/observable', lane: 'fast' },
  { path: 'orders/1/fast', lane: 'fast' },
  { path: 'channels/open.1/events?history=10', lane: 'fast' },
  { path: 'channels/open.1/events?history=10', lane: 'observable' },
] as const;
