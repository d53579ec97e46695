import type { Attempt } from './record.js';

/** All attempts to send one message, taken together. */
export interface SentMessage {
  readonly message: string;
  readonly channel: string;
  readonly publisher: string;
  readonly sequence: number;
  readonly sentAtMs: number;
  readonly acknowledgedIds: ReadonlySet<string>;
  /** The most messages that the attempts may have created. */
  readonly maxCount: number;
  /** Whether an attempt had no certain outcome: it may have been accepted, and at another position. */
  readonly isUncertain: boolean;
}

/** The messages of a record by their identity. */
export function sentMessages(attempts: readonly Attempt[]): Map<string, SentMessage> {
  const byMessage = new Map<string, Attempt[]>();
  for (const attempt of attempts) {
    const known = byMessage.get(attempt.message);
    if (known) known.push(attempt);
    else byMessage.set(attempt.message, [attempt]);
  }
  return new Map([...byMessage].map(([message, group]) => [message, summarise(group)]));
}

function summarise(attempts: readonly Attempt[]): SentMessage {
  const [first] = attempts as readonly [Attempt];
  const acknowledgedIds = new Set<string>();
  let uncertain = 0;
  let accepted = 0;
  for (const { outcome } of attempts) {
    if (outcome.kind === 'acknowledged') {
      acknowledgedIds.add(outcome.id);
      accepted += 1;
    } else if (outcome.kind === 'unknown' || outcome.status >= 500) {
      uncertain += 1;
    }
  }
  const possible = accepted + uncertain;
  return {
    message: first.message,
    channel: first.channel,
    publisher: first.publisher,
    sequence: first.sequence,
    sentAtMs: first.sentAtMs,
    acknowledgedIds,
    maxCount: first.key === undefined ? possible : Math.min(1, possible),
    isUncertain: uncertain > 0,
  };
}
