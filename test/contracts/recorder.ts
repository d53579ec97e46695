import type {
  Broker,
  BrokerChannel,
  ChannelListener,
  Subscription,
} from '../../src/broker/broker.port.js';
import type { Gap } from '../../src/broker/gap.js';
import type { EncodedMessage } from '../../src/protocol/message.js';
import { withDeadline } from '../harness/deadline.js';

/** A subscriber that keeps what it is given and lets a test wait for more. */
export class Recorder implements ChannelListener {
  readonly received: EncodedMessage[] = [];
  readonly gaps: Gap[] = [];
  subscription!: Subscription;
  private notify: () => void = () => undefined;

  static async on(broker: Broker, channel: BrokerChannel): Promise<Recorder> {
    const recorder = new Recorder();
    recorder.subscription = await broker.subscribe(channel, recorder);
    return recorder;
  }

  message(message: EncodedMessage): void {
    this.received.push(message);
    this.notify();
  }

  gap(gap: Gap): void {
    this.gaps.push(gap);
    this.notify();
  }

  /** Everything received so far, once it is at least this many. */
  async messages(count: number): Promise<readonly EncodedMessage[]> {
    await this.until(() => this.received.length >= count);
    return this.received;
  }

  until(holds: () => boolean): Promise<void> {
    const met = new Promise<void>((resolve) => {
      this.notify = () => {
        if (holds()) {
          resolve();
        }
      };
      this.notify();
    });
    return withDeadline(
      met,
      10_000,
      () => `${this.received.length} messages and ${this.gaps.length} gaps came, and no more`,
    );
  }
}
