import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { BirdsongError } from '../../errors/birdsong-error.js';

/** Express as a listener: it calls `next` for a request that no route or filter has answered. */
export type ExpressListener = (
  request: IncomingMessage,
  response: ServerResponse,
  next: () => void,
) => void;

/**
 * Answers with a problem if Express finds no path in a URL, such as `http://[`. Such a request reaches no route or
 * filter, and Express by itself would answer it with an HTML page.
 */
export function answerUnroutableUrls(express: ExpressListener): RequestListener {
  return (request, response) => express(request, response, () => refuse(response));
}

function refuse(response: ServerResponse): void {
  const error = new BirdsongError('invalid-request', 'The URL is not valid.');
  response.writeHead(error.getStatus(), {
    'Content-Type': 'application/problem+json; charset=utf-8',
    'Cache-Control': 'no-store',
  });
  response.end(JSON.stringify(error.problem));
}
