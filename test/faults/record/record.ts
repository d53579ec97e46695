/** What became of one attempt to send a message, as far as its sender can know. */
export type Outcome =
  | { readonly kind: 'acknowledged'; readonly id: string; readonly duplicate: boolean }
  /** Answered with another status than 2xx. A 503 may have been accepted all the same. */
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly code: string;
      readonly retryAfter: string | undefined;
    }
  /** No whole answer: the connection broke, or nothing came in time. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** One request of a publisher. All attempts to send one message have the same `message`. */
export interface Attempt {
  /** What tells this message from all others: it travels as the message's data. */
  readonly message: string;
  readonly channel: string;
  readonly publisher: string;
  /** A publisher sends its messages one after the other: 1, 2, 3, … */
  readonly sequence: number;
  /** The Idempotency-Key, if it was sent with one. */
  readonly key: string | undefined;
  readonly outcome: Outcome;
  /** When it began, on the same clock as `atMs` of what readers saw. */
  readonly sentAtMs: number;
  readonly tookMs: number;
}

/** What `stream.ready` said of one channel. */
export interface ReadyPart {
  readonly channel: string;
  readonly position: string;
  readonly recovered: boolean;
  readonly gap: boolean;
}

/** What a reader saw, in the order in which it did. */
export type Observation =
  | { readonly kind: 'connected'; readonly lastEventId: string }
  | {
      readonly kind: 'ready';
      readonly atMs: number;
      readonly id: string;
      readonly channels: readonly ReadyPart[];
    }
  | {
      readonly kind: 'message';
      readonly channel: string;
      /** From the JSON. */
      readonly id: string;
      /** Of the event; absent within a batch of a stream of several channels. */
      readonly eventId: string | undefined;
      readonly message: string;
    }
  | {
      readonly kind: 'gap';
      readonly atMs: number;
      readonly channel: string;
      readonly after: string | null;
      readonly oldest: string | null;
    }
  | { readonly kind: 'closing'; readonly reason: string }
  | { readonly kind: 'disconnected'; readonly how: string }
  /** Answered with something that an EventSource does not come back from. */
  | { readonly kind: 'failed'; readonly why: string };

/** One reader across all its connections. */
export interface ReaderLog {
  readonly reader: string;
  readonly channels: readonly string[];
  /** When its right to read ended, on the clock of the attempts. Absent: it lasted. */
  readonly rightEndedAtMs?: number | undefined;
  readonly observations: readonly Observation[];
}

/** What the broker has of a channel at the end, oldest first. */
export interface FinalHistory {
  readonly channel: string;
  readonly newest: string;
  readonly messages: readonly { readonly id: string; readonly message: string }[];
}

/** Everything that happened, for `check` to judge. */
export interface FaultRecord {
  readonly attempts: readonly Attempt[];
  readonly readers: readonly ReaderLog[];
  readonly histories: readonly FinalHistory[];
}
