import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { BirdsongError } from '../../errors/birdsong-error.js';

/** Express, which calls `next` for what none of its routes and filters has answered. */
export type ExpressListener = (
  request: IncomingMessage,
  response: ServerResponse,
  next: () => void,
) => void;

/**
 * Answers a problem where Express finds no path in an address, such as `http://[`: that never comes to a route or a
 * filter, and Express by itself answers it with a page.
 */
export function answerUnroutableUrls(express: ExpressListener): RequestListener {
  return (request, response) => express(request, response, () => refuse(response));
}

function refuse(response: ServerResponse): void {
  const error = new BirdsongError('invalid-request', 'The address is not of its form.');
  response.writeHead(error.getStatus(), {
    'Content-Type': 'application/problem+json; charset=utf-8',
    'Cache-Control': 'no-store',
  });
  response.end(JSON.stringify(error.problem));
}
