import { setImmediate } from 'node:timers/promises';
import type { Broker, BrokerChannel } from '../../broker/broker.port.js';
import { eventually } from './eventually.js';
import { dataOf, publication } from './publications.js';
import type { Recorder } from './recorder.js';

/** Longer than any engine waits for an answer, in milliseconds. */
const LATE_MS = 5000;

/** Publishes 1, 2, 3, …, or from another number, one after the other until stopped, and records each outcome. */
export class Publishing {
  readonly acknowledged: number[] = [];
  /** Refused with `broker-unavailable`. If only the answer was lost, the message was published all the same. */
  readonly refused: number[] = [];
  /** Every other error. There must be none. */
  readonly faults: unknown[] = [];
  /** Numbers whose outcome came after a timer of `LATE_MS` that was set with them: on a busy machine both are late. */
  readonly late: number[] = [];
  private isOver = false;
  private readonly done: Promise<void>;

  constructor(
    private readonly broker: Broker,
    private readonly channel: BrokerChannel,
    private readonly from = 1,
  ) {
    this.done = this.publish();
  }

  /** Resolves once this many more were acknowledged. */
  more(count: number): Promise<void> {
    const goal = this.acknowledged.length + count;
    return this.until(() => this.acknowledged.length >= goal);
  }

  /** Resolves once this many more were refused. */
  refusals(count: number): Promise<void> {
    const goal = this.refused.length + count;
    return this.until(() => this.refused.length >= goal);
  }

  stop(): Promise<void> {
    this.isOver = true;
    return this.done;
  }

  /** Stops, and resolves once the recorder has the last message. */
  async stopAndCatchUp(recorder: Recorder): Promise<void> {
    await this.stop();
    const { newest } = await this.broker.read(this.channel, { limit: 0 });
    await recorder.until(() => {
      const last = recorder.received.at(-1)?.position;
      return last?.epoch === newest.epoch && last.offset === newest.offset;
    });
  }

  /** What is wrong with what a recorder received: empty if nothing is. Losses are allowed only with a gap. */
  faultsOf(recorder: Recorder): string[] {
    const received = recorder.received.map(dataOf) as number[];
    const inOrder = [...new Set(received)].sort((a, b) => a - b);
    const sent = new Set([...this.acknowledged, ...this.refused]);
    const missing = this.lostBy(recorder);
    return [
      ...(inOrder.join() === received.join() ? [] : ['twice or out of order']),
      ...(recorder.gaps.length > 0 ? [] : missing.map((one) => `lost ${one}`)),
      ...received.filter((one) => !sent.has(one)).map((one) => `never sent: ${one}`),
      ...this.faults.map(String),
    ];
  }

  /** The messages that were acknowledged but not received, with or without a gap. */
  lostBy(recorder: Recorder): number[] {
    const received = new Set(recorder.received.map(dataOf));
    return this.acknowledged.filter((number) => !received.has(number));
  }

  private until(holds: () => boolean): Promise<void> {
    return eventually(
      holds,
      () => `${this.acknowledged.length} acknowledged, ${this.refused.length} refused, no more`,
    );
  }

  private async publish(): Promise<void> {
    for (let number = this.from; !this.isOver; number++) {
      const timer = setTimeout(() => this.late.push(number), LATE_MS);
      try {
        await this.broker.publish(this.channel, publication(number));
        this.acknowledged.push(number);
      } catch (error) {
        if ((error as { code?: unknown }).code === 'broker-unavailable') {
          this.refused.push(number);
        } else {
          this.faults.push(error);
        }
        // Yields, because a refusal may come at once.
        await setImmediate();
      }
      clearTimeout(timer);
    }
  }
}
