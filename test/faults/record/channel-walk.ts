import { compare, placeOf, type Place } from './position.js';
import type { FinalHistory, Observation, ReadyPart } from './record.js';
import type { SentMessage } from './sent-messages.js';
import type { Violation, ViolationKind } from './violation.js';

type Of<Kind extends Observation['kind']> = Extract<Observation, { kind: Kind }>;

interface ToldGap {
  readonly atMs: number;
  /** Where the reader was. */
  readonly before: Place;
  readonly oldest: Place | undefined;
}

/** One reader's way through one channel, judged step by step. Between two gaps it must be without fault. */
export class ChannelWalk {
  readonly violations: Violation[] = [];
  readonly gaps: ToldGap[] = [];
  /** Every position this reader was shown, with its message. */
  readonly shown: { readonly id: string; readonly message: string }[] = [];

  private readonly seen = new Set<string>();
  private start: Place | undefined;
  /** The newest position the reader has. */
  private last: Place | undefined;
  /** Where its stream is: before `last` while a resume repeats messages. Undefined until the next message. */
  private at: Place | undefined;
  /** Since the last gap: how often each message came, where, and the newest sequence by publisher. */
  private counts = new Map<string, number>();
  private messageAt = new Map<string, string>();
  private sequences = new Map<string, number>();

  constructor(
    private readonly reader: string,
    private readonly channel: string,
    /** Streams of several channels may repeat, after a reconnect. */
    private readonly isOneOfSeveral: boolean,
    private readonly sent: ReadonlyMap<string, SentMessage>,
  ) {}

  ready({ id, atMs }: Of<'ready'>, part: ReadyPart): void {
    const begin = this.isOneOfSeveral ? undefined : placeOf(id);
    if (!this.last) {
      this.start = this.last = this.at = begin ?? placeOf(part.position);
    } else if (part.gap) {
      this.beginAnew(atMs, undefined, begin);
    } else if (!part.recovered || (begin && begin.offset !== this.last.offset)) {
      this.add('false-resume', `from ${text(this.last)} at ${id}, ${JSON.stringify(part)}`);
    } else {
      this.at = begin && this.last;
    }
  }

  gap({ atMs, oldest }: Of<'gap'>): void {
    const kept = oldest === null ? undefined : placeOf(oldest);
    this.beginAnew(atMs, kept, kept && { epoch: kept.epoch, offset: kept.offset - 1 });
  }

  message({ id, eventId, message }: Of<'message'>): void {
    if (this.isOneOfSeveral ? eventId?.startsWith('*') === false : eventId !== id) {
      this.add('wrong-id', `the event of ${id} has the id ${String(eventId)}`);
    }
    this.shown.push({ id, message });
    const place = placeOf(id);
    this.judgeContent(id, message);
    if (!this.judgePlace(place, id, message)) return;
    this.judgeCount(id, message);
  }

  /** Call it last: reports what should have been seen and was not. */
  end(history: FinalHistory | undefined): void {
    const { last } = this;
    // After a gap without an oldest message the reader is at the end, wherever that was. Later messages are judged
    // below.
    const isAtAnEnd = last?.epoch === 0;
    if (!last || (history && !isAtAnEnd && compare(last, placeOf(history.newest)) < 0)) {
      this.add('behind', `at ${text(last)}, the broker at ${history?.newest ?? '?'}`);
    }
    const kept = new Set(history?.messages.map(({ id }) => id));
    for (const sent of this.sent.values()) {
      const [id] = sent.acknowledgedIds;
      if (id === undefined || sent.channel !== this.channel || this.seen.has(sent.message))
        continue;
      if (this.isExcused(sent, placeOf(id), kept.has(id))) continue;
      this.add(kept.has(id) ? 'missing' : 'untold', `${sent.message}, acknowledged as ${id}`);
    }
  }

  private isExcused(sent: SentMessage, place: Place, isKept: boolean): boolean {
    if (this.start && compare(place, this.start) <= 0) return true;
    return this.gaps.some(
      ({ atMs, before, oldest }) =>
        atMs >= sent.sentAtMs &&
        compare(before, place) < 0 &&
        (!isKept || (oldest !== undefined && compare(place, oldest) < 0)),
    );
  }

  private beginAnew(atMs: number, oldest: Place | undefined, at: Place | undefined): void {
    if (!this.last) {
      this.add('false-resume', 'a gap before stream.ready');
      return;
    }
    this.gaps.push({ atMs, before: this.last, oldest });
    this.at = at;
    // Only after a gap may positions go back, because kept messages are delivered again.
    this.last = at ?? { epoch: 0, offset: 0 };
    this.counts = new Map();
    this.messageAt = new Map();
    this.sequences = new Map();
  }

  private judgeContent(id: string, message: string): void {
    const sent = this.sent.get(message);
    this.seen.add(message);
    if (sent?.channel !== this.channel || sent.maxCount === 0) {
      this.add('never-sent', `${message} at ${id}`);
    } else if (!sent.acknowledgedIds.has(id) && !sent.isUncertain) {
      this.add('wrong-id', `${message} at ${id}, acknowledged as ${join(sent.acknowledgedIds)}`);
    }
  }

  /** @returns whether it is new, and not what a resume repeats */
  private judgePlace(place: Place, id: string, message: string): boolean {
    const { at, last } = this;
    if (!last) {
      this.add('out-of-order', `${id} before stream.ready`);
      return false;
    }
    const isNew = compare(place, last) > 0;
    const wasReset = last.epoch === 0;
    if (at ? place.offset !== at.offset + 1 : !wasReset && place.offset > last.offset + 1) {
      this.add(isNew ? 'hole' : 'out-of-order', `${id} after ${text(at ?? last)}`);
    } else if (at && compare(place, at) <= 0) {
      this.add('out-of-order', `${id} after ${text(at)}`);
    }
    this.at = place;
    if (isNew) {
      this.last = place;
      this.messageAt.set(id, message);
    } else if (!this.isOneOfSeveral) {
      this.add('twice', `${id} again, at ${text(last)}`);
    } else if (this.messageAt.has(id) && this.messageAt.get(id) !== message) {
      this.add('reused-position', `${id}: ${String(this.messageAt.get(id))}, then ${message}`);
    }
    return isNew;
  }

  private judgeCount(id: string, message: string): void {
    const sent = this.sent.get(message);
    if (!sent) return;
    const count = (this.counts.get(message) ?? 0) + 1;
    this.counts.set(message, count);
    if (count > Math.max(1, sent.maxCount)) this.add('twice', `${message} again at ${id}`);
    // A publisher knows the order of acceptance only for acknowledged messages.
    if (sent.acknowledgedIds.size === 0) return;
    const before = this.sequences.get(sent.publisher) ?? 0;
    if (sent.sequence < before) {
      this.add('out-of-order', `${message} after number ${before} of ${sent.publisher}`);
    }
    this.sequences.set(sent.publisher, Math.max(before, sent.sequence));
  }

  private add(kind: ViolationKind, detail: string): void {
    this.violations.push({ kind, witness: this.reader, channel: this.channel, detail });
  }
}

const text = (place: Place | undefined): string =>
  place ? `${place.epoch}-${place.offset}` : 'no position';

const join = (ids: ReadonlySet<string>): string => [...ids].join(', ') || 'nothing';
