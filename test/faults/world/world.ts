import { defaultDeadlineMs, withDeadline } from '../../harness/deadline.js';
import { check, type Verdict } from '../record/check.js';
import type { FaultRecord, FinalHistory, Observation } from '../record/record.js';
import { RecordingPublisher } from '../record/recording-publisher.js';
import { RecordingPoller } from '../record/recording-poller.js';
import { RecordingReader } from '../record/recording-reader.js';
import { tally, type Tally } from '../record/tally.js';
import type { Witness } from '../record/witness.js';
import { readHistory } from './read-history.js';
import type { WorldNode } from './world-node.js';

export interface PublishOptions {
  readonly channel?: string;
  /** The nodes it sends to, by number. It moves on when one does not accept. Default: all. */
  readonly nodes?: readonly number[];
  /** See RecordingPublisher. Default true. */
  readonly isCareful?: boolean;
  readonly pauseMs?: number;
  readonly fillingBytes?: number;
  readonly batchCount?: number;
}

export interface ReadOptions {
  readonly channels?: readonly string[];
  /** The nodes it reads from, by number. It moves on when its connection breaks. Default: all. */
  readonly nodes?: readonly number[];
  readonly token?: string;
}

/** The verdict on what happened. */
export type Outcome = Verdict & { readonly sends: Tally };

/** Real servers, bad networks, publishers and readers: everything that a scenario needs, ended by `end`. */
export abstract class World<Node extends WorldNode = WorldNode> {
  readonly publishers: RecordingPublisher[] = [];
  readonly readers: Witness[] = [];
  private readonly ending = new AbortController();

  protected constructor(readonly nodes: readonly Node[]) {}

  /** The node of this number, from 0. */
  node(number: number): Node {
    const node = this.nodes[number];
    if (!node) throw new Error(`there is no node ${number}`);
    return node;
  }

  publish(options: PublishOptions = {}): RecordingPublisher {
    const { channel = 'public.a', nodes, isCareful = true, pauseMs = 10 } = options;
    const publisher = new RecordingPublisher({
      name: `publisher-${this.publishers.length + 1}`,
      origins: this.origins(nodes, this.publishers.length),
      ...{ channel, isCareful, pauseMs },
      ...{ fillingBytes: options.fillingBytes ?? 0, batchCount: options.batchCount ?? 1 },
    });
    this.publishers.push(publisher);
    return publisher;
  }

  /** Reads a stream. Resolves once it is ready. */
  read({ channels = ['public.a'], nodes, token }: ReadOptions = {}): Promise<RecordingReader> {
    const origins = this.origins(nodes, this.readers.length);
    return this.add(new RecordingReader({ name: this.readerName(), channels, origins, token }));
  }

  /** Reads by long-polling. Resolves once it has begun. */
  poll({ channels = ['public.a'], nodes }: ReadOptions = {}): Promise<RecordingPoller> {
    const [channel = ''] = channels;
    const origins = this.origins(nodes, this.readers.length);
    return this.add(new RecordingPoller({ name: this.readerName(), channel, origins }));
  }

  /**
   * Readers of one channel and of two, on every node, one who polls, and publishers of both: careful ones, one of them
   * of batches, and one who is not. Resolves once all readers have some messages.
   */
  async crowd(): Promise<void> {
    const both = ['public.a', 'public.b'];
    await Promise.all([
      ...this.nodes.flatMap(() => [this.read(), this.read({ channels: both })]),
      this.read({ channels: ['public.b'] }),
      this.poll(),
    ]);
    this.publish();
    this.publish({ channel: 'public.b' });
    this.publish();
    this.publish({ channel: 'public.b', isCareful: false });
    this.publish({ batchCount: 5, pauseMs: 100 });
    await this.flow(10);
  }

  /** Resolves once every reader, or some, has received this many more messages of each of its channels. */
  async flow(count: number, readers: readonly Witness[] = this.entitled()): Promise<void> {
    const all = readers.flatMap((reader) =>
      reader.channels.map((channel) => {
        const goal = reader.messageCountOf(channel) + count;
        const waiting = reader.until(() => reader.messageCountOf(channel) >= goal);
        return this.soon(waiting, `${reader.reader} gets no messages`);
      }),
    );
    await Promise.all(all);
  }

  /** Pauses sending until every reader has everything sent so far. */
  async level(): Promise<void> {
    const resting = this.publishers.map((publisher) => publisher.rest());
    await this.soon(Promise.all(resting), 'a publisher does not rest');
    await this.soon(this.caughtUp(await this.histories(0)), 'a reader is behind');
    for (const publisher of this.publishers) publisher.goOn();
  }

  /** Resolves once every publisher, or some, was refused or disconnected this many more times. */
  async refusals(count: number, publishers = this.publishers): Promise<void> {
    const failed = (publisher: RecordingPublisher) =>
      publisher.count('refused') + publisher.count('unknown');
    const all = publishers.map((publisher) => {
      const goal = failed(publisher) + count;
      const waiting = publisher.until(() => failed(publisher) >= goal);
      return this.soon(waiting, 'a publisher is not refused');
    });
    await Promise.all(all);
  }

  /** Resolves once every publisher was acknowledged this many more times. */
  async accepted(count: number): Promise<void> {
    const all = this.publishers.map((publisher) => {
      const goal = publisher.count('acknowledged') + count;
      const waiting = publisher.until(() => publisher.count('acknowledged') >= goal);
      return this.soon(waiting, 'a publisher is not acknowledged');
    });
    await Promise.all(all);
  }

  /** How often all readers together have seen such an observation. */
  count(kind: Observation['kind']): number {
    return this.readers.reduce((sum, reader) => sum + reader.count(kind), 0);
  }

  /** Awaits something that should happen soon. If it does not, rejects with what is known. */
  soon<Value>(promise: Promise<Value>, what: string): Promise<Value> {
    return withDeadline(promise, defaultDeadlineMs, () => `${what}\n${this.describe()}`);
  }

  /** Stops the publishers, lets the readers catch up, and judges everything that happened. */
  async settle({ through = 0 }: { through?: number } = {}): Promise<Outcome> {
    const stopped = Promise.all(this.publishers.map((publisher) => publisher.stop()));
    await this.soon(stopped, 'a publisher is not acknowledged');
    const histories = await this.histories(through);
    // The check reports a reader that does not catch up, with what it lacks.
    await this.soon(this.caughtUp(histories), 'a reader is behind').catch(() => undefined);
    const record = this.record(histories);
    return { ...check(record), sends: tally(record.attempts) };
  }

  async end(): Promise<void> {
    this.ending.abort();
    for (const reader of this.readers) reader.close();
    const quits = this.publishers.map((publisher) => publisher.giveUp());
    // Their connections break, so they cannot wait.
    await Promise.all(this.nodes.map((node) => node.end()));
    await Promise.all(quits);
    await this.endRedis();
  }

  protected abstract endRedis(): Promise<void>;

  /** The readers whose right lasts. */
  private entitled(): Witness[] {
    return this.readers.filter(({ rightEndedAtMs }) => rightEndedAtMs === undefined);
  }

  private readerName(): string {
    return `reader-${this.readers.length + 1}`;
  }

  private async add<Reader extends Witness>(reader: Reader): Promise<Reader> {
    this.readers.push(reader);
    await this.soon(reader.ready(), `${reader.reader} is not ready`);
    return reader;
  }

  private origins(nodes: readonly number[] | undefined, turn: number): string[] {
    const numbers = nodes ?? this.nodes.map((_, index) => (index + turn) % this.nodes.length);
    return numbers.map((number) => this.node(number).origin);
  }

  private histories(through: number): Promise<FinalHistory[]> {
    const channels = new Set(this.readers.flatMap((reader) => reader.channels));
    const { directOrigin } = this.node(through);
    const reading = [...channels].map((channel) =>
      readHistory(directOrigin, channel, this.ending.signal),
    );
    return this.soon(Promise.all(reading), 'history is not answered');
  }

  private async caughtUp(histories: readonly FinalHistory[]): Promise<void> {
    const isThere = (reader: Witness) =>
      histories.every(
        ({ channel, newest }) => !reader.channels.includes(channel) || reader.has(channel, newest),
      );
    await Promise.all(this.entitled().map((reader) => reader.until(isThere)));
  }

  private record(histories: readonly FinalHistory[]): FaultRecord {
    return {
      attempts: this.publishers.flatMap(({ attempts }) => attempts),
      readers: this.readers,
      histories,
    };
  }

  private describe(): string {
    const readers = this.readers.map(
      ({ reader, observations, messageCount }) =>
        `${reader}: ${messageCount} messages, last ${JSON.stringify(observations.slice(-3))}`,
    );
    const publishers = this.publishers.map(({ attempts }) => JSON.stringify(attempts.at(-1)));
    const nodes = this.nodes.map(({ output }) => output.slice(-1500));
    return [...readers, ...publishers, ...nodes].join('\n');
  }
}
