/** How much may be taken from a rate, and how much a batch takes. */
export interface Rate {
  /** `new-channels` is taken only for the first message that a channel ever had. */
  readonly name: 'sends' | 'bytes' | 'new-channels';
  readonly cost: number;
  /** The most that may be taken at once. A larger cost is allowed while nothing is used, and is then made up for. */
  readonly quota: number;
  /** How long it takes until a quota that is used up is whole again, in milliseconds. */
  readonly quotaMs: number;
}

/** What a batch takes from the rates of the client that sends it: from all of them, or nothing if one has too little left. */
export interface Charge {
  /** Whose rates they are. It has no braces and no spaces, and is the same on all nodes. */
  readonly account: string;
  /** Of each name one at most. */
  readonly rates: readonly Rate[];
}
