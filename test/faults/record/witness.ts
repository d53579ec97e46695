import { placeOf, type Place } from './position.js';
import type { Observation, ReaderLog } from './record.js';
import { Watchers } from './watchers.js';

/** A reader of any kind that records what it sees. */
export abstract class Witness implements ReaderLog {
  readonly observations: Observation[] = [];
  rightEndedAtMs: number | undefined;
  private readonly newest = new Map<string, Place | 'end'>();
  private readonly messageCounts = new Map<string, number>();
  private readonly watchers = new Watchers();

  constructor(
    readonly reader: string,
    readonly channels: readonly string[],
  ) {}

  /** Resolves once it is reading. */
  abstract ready(): Promise<void>;

  /** Disconnects, like a phone that loses its network, until `comeBack`. */
  abstract leave(): void;

  /** Resumes after what it has. Resolves once it is reading again. */
  abstract comeBack(): Promise<void>;

  abstract close(): void;

  /** Notes that its right to read has ended, or will. Default: now. */
  endRight(atMs = performance.now()): void {
    this.rightEndedAtMs = atMs;
  }

  /** Resolves as soon as `predicate` holds; it is asked again after everything that is seen. */
  until(predicate: (witness: this) => boolean): Promise<void> {
    return this.watchers.until(() => predicate(this));
  }

  /** How many observations of this kind it has made. */
  count(kind: Observation['kind']): number {
    return this.observations.filter((seen) => seen.kind === kind).length;
  }

  /** Messages so far, repeats and all; of several channels, of the one with the fewest. */
  get messageCount(): number {
    return Math.min(...this.channels.map((channel) => this.messageCountOf(channel)));
  }

  messageCountOf(channel: string): number {
    return this.messageCounts.get(channel) ?? 0;
  }

  /** Whether it has all of a channel up to this position, or was told that what it has is not followed by any. */
  has(channel: string, newest: string): boolean {
    const at = this.newest.get(channel);
    return at === 'end' || (at !== undefined && `${at.epoch}-${at.offset}` === newest);
  }

  protected see(observation: Observation): void {
    this.observations.push(observation);
    this.move(observation);
    this.watchers.notify();
  }

  private move(seen: Observation): void {
    if (seen.kind === 'message') {
      this.newest.set(seen.channel, placeOf(seen.id));
      this.messageCounts.set(seen.channel, this.messageCountOf(seen.channel) + 1);
    } else if (seen.kind === 'gap' && seen.oldest === null) {
      this.newest.set(seen.channel, 'end');
    } else if (seen.kind === 'ready') {
      for (const { channel, position, recovered, gap } of seen.channels) {
        // Where a resume begins is not where the channel is: what lies between is still to come.
        if (!recovered && !gap) this.newest.set(channel, placeOf(position));
        else if (gap && this.channels.length === 1) this.newest.set(channel, placeOf(seen.id));
      }
    }
  }
}
