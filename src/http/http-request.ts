import type { IncomingMessage, ServerResponse } from 'node:http';

/** A request as Express or Fastify have it. */
export interface HttpRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly query?: unknown;
}

/** The response that belongs to a request, if the adapter tells. */
export function responseOf(request: HttpRequest, response?: unknown): ServerResponse {
  const given = response ?? (request as { res?: unknown }).res;
  if (given === undefined) {
    throw new Error(
      'Birdsong: this HTTP adapter keeps no response with its requests; pass it as options.response.',
    );
  }
  return rawOf(given) as ServerResponse;
}

export function rawRequestOf(request: HttpRequest): IncomingMessage {
  return rawOf(request) as IncomingMessage;
}

/** Where the client resumes: the Last-Event-ID header, or the parameter `lastEventId`. */
export function lastEventIdOf(request: HttpRequest): string | undefined {
  const { lastEventId } = (request.query ?? {}) as { lastEventId?: unknown };
  const sent = request.headers['last-event-id'] ?? lastEventId;
  if (sent === undefined || sent === '') {
    return undefined;
  }
  // Sent twice, it names no place; like any garbage it is answered by a gap.
  return typeof sent === 'string' ? sent : 'ambiguous';
}

/** Fastify wraps what Express extends. */
function rawOf(wrapped: unknown): unknown {
  return (wrapped as { raw?: unknown }).raw ?? wrapped;
}
