export type ViolationKind =
  /** The broker has an acknowledged message that a reader neither saw nor was told of by a gap. */
  | 'missing'
  /** The broker lost an acknowledged message, and a reader that had yet to see it was not told. */
  | 'untold'
  /** A reader, or history, has a message more often than it was sent. */
  | 'twice'
  /** Positions, or the messages of one publisher, do not increase. */
  | 'out-of-order'
  /** A position does not follow the one before it. */
  | 'hole'
  /** Nobody sent this, or it was refused for good. */
  | 'never-sent'
  /** The id in the answer, in the event or in the JSON is another. */
  | 'wrong-id'
  /** One position was given to two messages. */
  | 'reused-position'
  /** A resume without a gap that did not go on where the reader was. */
  | 'false-resume'
  /** A reader ended short of what the broker has. */
  | 'behind'
  /** A reader was given what was sent after its right had ended. */
  | 'after-right'
  /** A reader was answered with what an EventSource does not come back from. */
  | 'failed';

export interface Violation {
  readonly kind: ViolationKind;
  /** Who saw it: a reader, or `history`, or `sender`. */
  readonly witness: string;
  readonly channel: string;
  readonly detail: string;
}
