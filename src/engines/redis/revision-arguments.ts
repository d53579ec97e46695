import type { Revision, RevisionResult } from '../../broker/revision.js';
import { formatPosition } from '../../protocol/position.js';
import {
  CLEARED,
  clearedTail,
  DELETED,
  deletedTail,
  EDITED,
  endOfSender,
} from '../../protocol/revisions.js';
import { encodePayload } from './payload.js';

/** A revision as revise.lua takes it. */
export function revisionArguments(
  channel: string,
  revision: Revision,
  createdAt: string,
): string[] {
  const { kind } = revision;
  switch (kind) {
    case 'clear':
      return [kind, encodePayload(CLEARED, clearedTail(channel, createdAt))];
    case 'delete-of':
      return [kind, endOfSender(revision.sender), ...aroundIds(channel, createdAt)];
    case 'delete':
      return [kind, formatPosition(revision.position), ...aroundIds(channel, createdAt)];
    case 'edit':
      return [
        kind,
        formatPosition(revision.position),
        encodePayload(revision.type, revision.expected),
        encodePayload(revision.type, revision.tail),
        encodePayload(EDITED, revision.announcement),
      ];
  }
}

export function revisionResult(text: string): RevisionResult {
  return text === 'not-kept' || text === 'conflict' ? text : Number(text);
}

/** The payload of an announcement before and after its ids. */
function aroundIds(channel: string, createdAt: string): [before: string, after: string] {
  const payload = encodePayload(DELETED, deletedTail(channel, [], createdAt));
  const place = payload.indexOf('[]') + 1;
  return [payload.slice(0, place), payload.slice(place)];
}
