import { NO_POSITIONS } from '../protocol/cursor.js';
import type { HttpRequest } from './http-request.js';

/**
 * Where the client resumes: the Last-Event-ID header, or the parameter `lastEventId`. Nothing where it has no place
 * yet.
 */
export function lastEventIdOf(request: HttpRequest): string | undefined {
  const { lastEventId } = (request.query ?? {}) as { lastEventId?: unknown };
  const sent: unknown = request.headers['last-event-id'] ?? lastEventId;
  if (sent === undefined || sent === '' || sent === NO_POSITIONS) {
    return undefined;
  }
  // Sent twice, it names no place; like any garbage it is answered by a gap.
  return typeof sent === 'string' ? sent : 'ambiguous';
}
