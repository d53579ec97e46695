import type {
  IncomingHttpHeaders,
  IncomingMessage,
  OutgoingHttpHeaders,
  ServerResponse,
} from 'node:http';

/** A request of Express or Fastify. */
export interface HttpRequest {
  readonly headers: IncomingHttpHeaders;
  readonly query?: unknown;
}

/** A response of Express, or a reply of Fastify. */
export type HttpResponse = ServerResponse | FastifyReply;

/** The parts of Fastify's reply that Birdsong needs. */
export interface FastifyReply {
  readonly raw: unknown;
  getHeaders(): Readonly<Record<string, unknown>>;
  /** Tells Fastify not to answer by itself. */
  hijack(): unknown;
}

/**
 * Node's own request: Fastify wraps it, Express extends it.
 * @throws Error for a request of another kind, which could never be answered by a stream
 */
export function rawRequestOf(request: HttpRequest): IncomingMessage {
  const raw = ((request as { raw?: unknown }).raw ?? request) as Partial<IncomingMessage>;
  if (typeof raw.httpVersionMajor !== 'number' || !raw.socket) {
    throw new Error(
      "Birdsong needs Node's own request, as Express and Fastify pass it: use @Req().",
    );
  }
  return raw as IncomingMessage;
}

/** Takes Node's response from the adapter. From then on, only the caller answers the request. */
export function takeOver(response: HttpResponse): ServerResponse {
  if (!isReply(response)) {
    return response;
  }
  const raw = rawResponseOf(response);
  response.hijack();
  // Fastify keeps the headers that plugins have set, such as those for CORS, until it answers by itself.
  for (const [name, value] of Object.entries(response.getHeaders() as OutgoingHttpHeaders)) {
    if (value !== undefined) {
      raw.setHeader(name, value);
    }
  }
  return raw;
}

/** Node's own response behind that of an adapter. */
export function rawResponseOf(response: unknown): ServerResponse {
  return ((response as { raw?: unknown }).raw ?? response) as ServerResponse;
}

function isReply(response: HttpResponse): response is FastifyReply {
  return typeof (response as Partial<FastifyReply>).hijack === 'function';
}
