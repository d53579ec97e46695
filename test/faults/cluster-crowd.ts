import { setTimeout as pause } from 'node:timers/promises';
import type { BirdsongNode } from '../harness/birdsong-node.js';
import { defaultDeadlineMs, withDeadline } from '../harness/deadline.js';
import { isMessage } from '../harness/event-stream-parser.js';
import { request } from '../harness/http-client.js';
import { SseReader } from '../harness/sse-reader.js';

/** Less than Retry-After asks for, so that a test does not spend an outage waiting. */
const RETRY_MS = 100;

interface Message {
  readonly channel: string;
  readonly data: number;
}

/**
 * For each channel a sender that sends 1, 2, 3, … as a careful client does, each until it is acknowledged, and on each
 * node a reader of each channel and one of all. So every reader must see 1, 2, 3, … in each channel.
 */
export class ClusterCrowd {
  /** The statuses of refusals, with their Retry-After. */
  readonly refusals = new Set<string>();
  private readonly sent = new Map<string, number>();
  private readonly readers: SseReader[] = [];
  private readonly sending: Promise<void>[] = [];
  private isOver = false;

  private constructor(
    private readonly nodes: readonly BirdsongNode[],
    private readonly channels: readonly string[],
  ) {}

  static async gather(nodes: readonly BirdsongNode[], channels: readonly string[]) {
    const crowd = new ClusterCrowd(nodes, channels);
    await Promise.all(nodes.map((node) => crowd.read(node)));
    channels.forEach((channel, turn) => crowd.sending.push(crowd.send(channel, turn)));
    await crowd.flow(10);
    return crowd;
  }

  /** Resolves once this many more messages of each channel were acknowledged. */
  async flow(count: number): Promise<void> {
    const goals = this.channels.map((channel) => (this.sent.get(channel) ?? 0) + count);
    const reached = async () => {
      while (
        !this.channels.every((channel, at) => (this.sent.get(channel) ?? 0) >= (goals[at] ?? 0))
      )
        await pause(10);
    };
    const now = () => JSON.stringify([...this.sent]);
    await withDeadline(
      reached(),
      defaultDeadlineMs,
      () => `stuck at ${now()}, ${[...this.refusals].join()}`,
    );
  }

  /** Stops sending. Resolves once every reader has the last message of each channel, or has had time to get it. */
  async settle(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.sending);
    const last = (reader: SseReader) =>
      this.channels.every((channel) => {
        const received = dataOf(reader, channel);
        return received.length === 0 || received.at(-1) === this.sent.get(channel);
      });
    // The test finds a reader that lacks it.
    await Promise.all(this.readers.map((reader) => reader.until(last).catch(() => undefined)));
  }

  /** What readers saw that is wrong; empty if nothing is. */
  faults(): string[] {
    return this.readers.flatMap((reader, index) => [
      ...(reader.isOpen ? [] : [`the stream of reader ${index} ended`]),
      ...this.channels.flatMap((channel) => {
        const received = dataOf(reader, channel);
        const wrong = received.findIndex((data, at) => data !== at + 1);
        const missing = received.length > 0 && received.length !== this.sent.get(channel);
        return [
          ...(wrong < 0
            ? []
            : [`${channel}, reader ${index}: ${received.slice(wrong - 3, wrong + 3).join()}`]),
          ...(missing ? [`${channel}, reader ${index}: ended at ${received.length}`] : []),
        ];
      }),
    ]);
  }

  gapCount(): number {
    return this.readers
      .flatMap(({ events }) => events)
      .filter(({ event }) => event === 'stream.gap').length;
  }

  async leave(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.readers.map((reader) => reader.close()));
  }

  private async read({ url }: BirdsongNode): Promise<void> {
    const all = this.channels.map((channel) => `channel=${channel}`).join('&');
    const urls = [
      ...this.channels.map((one) => `${url}/channels/${one}/events`),
      `${url}/events?${all}`,
    ];
    for (const one of urls) {
      const reader = await SseReader.open(one);
      this.readers.push(reader);
      await reader.next(({ event }) => event === 'stream.ready');
    }
  }

  private async send(channel: string, turn: number): Promise<void> {
    for (let number = 1; !this.isOver; number++) {
      while (!(await this.attempt(channel, number, turn + number))) {
        await pause(RETRY_MS);
      }
      this.sent.set(channel, number);
    }
  }

  private async attempt(channel: string, number: number, turn: number): Promise<boolean> {
    const node = this.nodes[turn % this.nodes.length];
    const answer = await request(`${node?.url ?? ''}/channels/${channel}/messages`, {
      json: { data: number },
      headers: { 'Idempotency-Key': `${channel}/${number}` },
    });
    if (answer.status === 201 || answer.status === 200) {
      return true;
    }
    this.refusals.add(`${answer.status}, Retry-After ${String(answer.headers['retry-after'])}`);
    return false;
  }
}

/** Of one reader and channel. */
const dataOf = ({ events }: SseReader, channel: string): number[] =>
  events
    .filter(isMessage)
    .map(({ data }) => JSON.parse(data) as Message)
    .filter((message) => message.channel === channel)
    .map(({ data }) => data);
