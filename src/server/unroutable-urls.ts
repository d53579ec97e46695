import type { NestExpressApplication } from '@nestjs/platform-express';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { BirdsongError } from '../errors/birdsong.error.js';

type Handle = (request: IncomingMessage, response: ServerResponse, next?: () => void) => void;

/**
 * Answers a problem where Express finds no path in an address, such as `http://[`: that never comes to a route or a
 * filter, and Express by itself answers it with a page.
 */
export function answerUnroutableUrls(app: NestExpressApplication): void {
  const express = app.getHttpAdapter().getInstance() as unknown as { handle: Handle };
  const handle = express.handle.bind(express);
  express.handle = (request, response, next = () => refuse(response)) => {
    handle(request, response, next);
  };
}

function refuse(response: ServerResponse): void {
  const error = new BirdsongError('invalid-request', 'The address is not of its form.');
  response.writeHead(error.getStatus(), {
    'Content-Type': 'application/problem+json; charset=utf-8',
    'Cache-Control': 'no-store',
  });
  response.end(JSON.stringify(error.problem));
}
