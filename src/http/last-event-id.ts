import { hasNoPositions } from '../protocol/cursor.js';
import type { HttpRequest } from './http-request.js';

/**
 * Where the client resumes: the Last-Event-ID header, or the parameter `lastEventId`. Undefined if it has no position
 * yet.
 */
export function lastEventIdOf(request: HttpRequest): string | undefined {
  const { lastEventId } = (request.query ?? {}) as { lastEventId?: unknown };
  const sent: unknown = request.headers['last-event-id'] ?? lastEventId;
  if (sent === undefined || sent === '' || hasNoPositions(sent)) {
    return undefined;
  }
  // Sent twice, it is ambiguous. Like any malformed position, it leads to a gap.
  return typeof sent === 'string' ? sent : 'ambiguous';
}
