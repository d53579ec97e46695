import { completeJson, tailOf, type EncodedMessage } from '../protocol/message.js';
import { formatPosition, isSame, type Position } from '../protocol/position.js';
import {
  CLEARED,
  clearedTail,
  DELETED,
  deleted,
  deletedTail,
  EDITED,
  isAnnouncement,
  isEditOf,
  isFrom,
  isPlaceholder,
  MAX_DELETED_IDS,
} from '../protocol/revisions.js';
import type { Publication } from './broker.port.js';
import type { Revision, RevisionResult } from './revision.js';

/** What a revision does to a history. */
export interface Revised {
  readonly result: RevisionResult;
  /** Whether everything is dropped. */
  readonly isCleared: boolean;
  /** Messages that take the places of others. */
  readonly replaced: readonly EncodedMessage[];
  /** What is published with it, in the same step. Empty if nothing changes. */
  readonly announcements: readonly Publication[];
}

/**
 * What a revision does to these messages, for engines that can look at all of them in one step. It changes nothing
 * itself.
 *
 * @param kept the messages of the channel, in order
 * @param at as for `Broker.revise`
 */
export function revise(
  channel: string,
  kept: readonly EncodedMessage[],
  revision: Revision,
  at: number,
): Revised {
  const createdAt = new Date(at).toISOString();
  switch (revision.kind) {
    case 'clear':
      return {
        ...nothing(1),
        isCleared: true,
        announcements: [{ type: CLEARED, tail: clearedTail(channel, createdAt) }],
      };
    case 'delete-of': {
      const theirs = kept.filter(({ json }) => isFrom(json, revision.sender));
      return { ...deletion(channel, theirs, createdAt), result: theirs.length };
    }
    case 'delete':
      return reviseOne(kept, revision.position, (message, edits) =>
        isAnnouncement(message.type)
          ? nothing(isPlaceholder(message) ? 0 : 'not-kept')
          : deletion(channel, [message, ...edits], createdAt),
      );
    case 'edit':
      return reviseOne(kept, revision.position, (message, edits) => {
        const { position, type } = message;
        const json = completeJson(position, revision.tail);
        return tailOf(message) !== revision.expected
          ? nothing('conflict')
          : {
              ...nothing(1),
              replaced: [{ position, type, json }, ...edits.map(deleted)],
              announcements: [{ type: EDITED, tail: revision.announcement }],
            };
      });
  }
}

const nothing = (result: RevisionResult): Revised => ({
  ...{ result, isCleared: false },
  replaced: [],
  announcements: [],
});

/** @param reviseIt takes the message, and the events that announced its edits */
function reviseOne(
  kept: readonly EncodedMessage[],
  asked: Position,
  reviseIt: (message: EncodedMessage, edits: readonly EncodedMessage[]) => Revised,
): Revised {
  const message = kept.find(({ position }) => isSame(position, asked));
  return message
    ? reviseIt(
        message,
        kept.filter((one) => isEditOf(one, asked)),
      )
    : nothing('not-kept');
}

function deletion(
  channel: string,
  messages: readonly EncodedMessage[],
  createdAt: string,
): Revised {
  const ids = messages.map(({ position }) => formatPosition(position));
  const announcements: Publication[] = [];
  for (let from = 0; from < ids.length; from += MAX_DELETED_IDS) {
    const tail = deletedTail(channel, ids.slice(from, from + MAX_DELETED_IDS), createdAt);
    announcements.push({ type: DELETED, tail });
  }
  return { ...nothing(1), replaced: messages.map(deleted), announcements };
}
