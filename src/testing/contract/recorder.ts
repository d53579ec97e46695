import type {
  Broker,
  BrokerChannel,
  ChannelListener,
  Subscription,
} from '../../broker/broker.port.js';
import type { Gap } from '../../broker/gap.js';
import type { EncodedMessage } from '../../protocol/message.js';
import { eventually } from './eventually.js';

/** A listener that records what it is given, and lets a test wait for more. */
export class Recorder implements ChannelListener {
  readonly received: EncodedMessage[] = [];
  readonly gaps: Gap[] = [];
  subscription!: Subscription;

  static async on(broker: Broker, channel: BrokerChannel): Promise<Recorder> {
    const recorder = new Recorder();
    recorder.subscription = await broker.subscribe(channel, recorder);
    return recorder;
  }

  message(message: EncodedMessage): void {
    this.received.push(message);
  }

  gap(gap: Gap): void {
    this.gaps.push(gap);
  }

  /** Everything received so far, once it is at least this many. */
  async messages(count: number): Promise<readonly EncodedMessage[]> {
    await this.until(() => this.received.length >= count);
    return this.received;
  }

  until(holds: () => boolean): Promise<void> {
    return eventually(
      holds,
      () => `${this.received.length} messages and ${this.gaps.length} gaps came, and no more`,
    );
  }
}
