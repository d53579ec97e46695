import type { Position } from '../protocol/position.js';

/** A change to messages that a channel already has. Their positions stay. */
export type Revision =
  | {
      readonly kind: 'edit';
      readonly position: Position;
      readonly type: string;
      /** The tail that the message must have. */
      readonly expected: string;
      /** The tail that it is given. */
      readonly tail: string;
      /** The tail of the event `stream.edited`: see `editedTail`. */
      readonly announcement: string;
    }
  | { readonly kind: 'delete'; readonly position: Position }
  /** All messages of a sender. */
  | { readonly kind: 'delete-of'; readonly sender: string }
  /** All messages. */
  | { readonly kind: 'clear' };

/**
 * How many messages were edited or deleted: 0 if there was nothing left to do, and 1 for `clear`. `not-kept` if the
 * channel does not have the message; `conflict` if it is not as expected. Events that announce a revision count as kept
 * by nobody: they are not edited, and deleted only with what they announce.
 */
export type RevisionResult = number | 'not-kept' | 'conflict';
