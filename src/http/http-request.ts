import type {
  IncomingHttpHeaders,
  IncomingMessage,
  OutgoingHttpHeaders,
  ServerResponse,
} from 'node:http';

/** A request as Express or Fastify have it. */
export interface HttpRequest {
  readonly headers: IncomingHttpHeaders;
  readonly query?: unknown;
}

/** A response as Express has it, or Fastify's reply. */
export type HttpResponse = ServerResponse | FastifyReply;

/** What is needed of Fastify's reply. */
export interface FastifyReply {
  readonly raw: unknown;
  getHeaders(): Readonly<Record<string, unknown>>;
  /** Tells Fastify that somebody else answers. */
  hijack(): unknown;
}

/** Fastify wraps what Express extends. */
export function rawRequestOf(request: HttpRequest): IncomingMessage {
  return ((request as { raw?: unknown }).raw ?? request) as IncomingMessage;
}

/** Node's response; from here on nobody but the caller answers the request. */
export function takeOver(response: HttpResponse): ServerResponse {
  if (!isReply(response)) {
    return response;
  }
  const raw = response.raw as ServerResponse;
  response.hijack();
  // What plugins have set, as those for CORS do, Fastify keeps until it answers itself.
  for (const [name, value] of Object.entries(response.getHeaders() as OutgoingHttpHeaders)) {
    if (value !== undefined) {
      raw.setHeader(name, value);
    }
  }
  return raw;
}

/** Node's response of what an adapter calls one. */
export function rawResponseOf(response: unknown): ServerResponse {
  return ((response as { raw?: unknown }).raw ?? response) as ServerResponse;
}

function isReply(response: HttpResponse): response is FastifyReply {
  return typeof (response as Partial<FastifyReply>).hijack === 'function';
}
