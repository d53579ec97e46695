import { ChannelWalk } from './channel-walk.js';
import { compare, placeOf } from './position.js';
import type { FaultRecord, FinalHistory, ReaderLog } from './record.js';
import { sentMessages, type SentMessage } from './sent-messages.js';
import type { Violation } from './violation.js';

/** How long after a right has ended its reader may still be given messages. */
const RIGHT_GRACE_MS = 1000;

type Sent = ReadonlyMap<string, SentMessage>;

export interface Verdict {
  readonly violations: readonly Violation[];
  /** Gaps that readers were told of. */
  readonly gapCount: number;
  /** Messages that readers were given, repeats and all. */
  readonly deliveryCount: number;
  /** Acknowledged messages that the broker does not have in the end: lost, or trimmed. */
  readonly lost: readonly SentMessage[];
}

/** Judges what happened. A pure function: the same record gives the same verdict. */
export function check(record: FaultRecord): Verdict {
  const sent = sentMessages(record.attempts);
  const histories = new Map(record.histories.map((history) => [history.channel, history]));
  const walks = record.readers.map((log) => walk(log, sent, histories));
  const shown = [
    ...walks.flatMap(({ channels }) => channels.flatMap((one) => one.shown)),
    ...record.histories.flatMap(({ messages }) => messages),
  ];
  const kept = new Set(record.histories.flatMap(({ messages }) => messages.map(({ id }) => id)));
  return {
    violations: [
      ...walks.flatMap(({ failures, channels }) => [
        ...failures,
        ...channels.flatMap(({ violations }) => violations),
      ]),
      ...record.histories.flatMap((history) => judgeHistory(history, sent)),
      ...judgeAnswers(sent),
      ...judgePositions(shown, sent),
    ],
    gapCount: walks.reduce(
      (count, { channels }) => count + channels.reduce((sum, { gaps }) => sum + gaps.length, 0),
      0,
    ),
    deliveryCount: walks.reduce(
      (count, { channels }) => count + channels.reduce((sum, one) => sum + one.shown.length, 0),
      0,
    ),
    lost: [...sent.values()].filter(
      ({ acknowledgedIds }) =>
        acknowledgedIds.size > 0 && ![...acknowledgedIds].some((id) => kept.has(id)),
    ),
  };
}

function walk(
  { reader, channels, rightEndedAtMs, observations }: ReaderLog,
  sent: Sent,
  histories: ReadonlyMap<string, FinalHistory>,
): { failures: Violation[]; channels: ChannelWalk[] } {
  const failures: Violation[] = [];
  const add = (kind: Violation['kind'], channel: string, detail: string): void =>
    void failures.push({ kind, witness: reader, channel, detail });
  const walks = new Map(
    channels.map((name) => [name, new ChannelWalk(reader, name, channels.length > 1, sent)]),
  );
  for (const seen of observations) {
    switch (seen.kind) {
      case 'ready':
        for (const part of seen.channels) walks.get(part.channel)?.ready(seen, part);
        break;
      case 'gap':
        walks.get(seen.channel)?.gap(seen);
        break;
      case 'message':
        walks.get(seen.channel)?.message(seen);
        // By when it was sent, because a busy reader notes late what came in time.
        if (
          (sent.get(seen.message)?.sentAtMs ?? 0) >
          (rightEndedAtMs ?? Infinity) + RIGHT_GRACE_MS
        ) {
          add('after-right', seen.channel, `${seen.message} at ${seen.id}`);
        }
        break;
      case 'failed':
        if (rightEndedAtMs === undefined || seen.why !== 'answered 401') {
          add('failed', channels.join(','), seen.why);
        }
    }
  }
  if (rightEndedAtMs === undefined) {
    for (const [name, one] of walks) one.end(histories.get(name));
  }
  return { failures, channels: [...walks.values()] };
}

function judgeHistory({ channel, messages }: FinalHistory, sent: Sent): Violation[] {
  const violations: Violation[] = [];
  const add = (kind: Violation['kind'], detail: string): void =>
    void violations.push({ kind, witness: 'history', channel, detail });
  const counts = new Map<string, number>();
  messages.forEach(({ id, message }, index) => {
    const before = messages[index - 1];
    if (before && compare(placeOf(before.id), placeOf(id)) >= 0) {
      add('out-of-order', `${id} after ${before.id}`);
    } else if (before && placeOf(id).offset !== placeOf(before.id).offset + 1) {
      add('hole', `${id} after ${before.id}`);
    }
    const source = sent.get(message);
    const count = (counts.get(message) ?? 0) + 1;
    counts.set(message, count);
    if (source?.channel !== channel || source.maxCount === 0) {
      add('never-sent', `${message} at ${id}`);
    } else if (count > source.maxCount) {
      add('twice', `${message} again at ${id}`);
    }
  });
  return violations;
}

/** A message that was acknowledged twice must have one id. */
function judgeAnswers(sent: Sent): Violation[] {
  return [...sent.values()]
    .filter(({ acknowledgedIds, maxCount }) => acknowledgedIds.size > maxCount)
    .map(({ message, channel, acknowledgedIds }) => ({
      kind: 'twice',
      witness: 'sender',
      channel,
      detail: `${message} acknowledged as ${[...acknowledgedIds].join(' and ')}`,
    }));
}

/** A position must stand for one message, in everything that was seen or answered. */
function judgePositions(
  shown: readonly { readonly id: string; readonly message: string }[],
  sent: Sent,
): Violation[] {
  const violations: Violation[] = [];
  const messageAt = new Map<string, string>();
  const note = (id: string, message: string): void => {
    const channel = sent.get(message)?.channel ?? '?';
    const place = `${channel} ${id}`;
    const other = messageAt.get(place);
    if (other === undefined) {
      messageAt.set(place, message);
    } else if (other !== message) {
      const detail = `${id} is ${other} and ${message}`;
      violations.push({ kind: 'reused-position', witness: 'everybody', channel, detail });
    }
  };
  for (const { acknowledgedIds, message } of sent.values()) {
    for (const id of acknowledgedIds) note(id, message);
  }
  for (const { id, message } of shown) note(id, message);
  return violations;
}
