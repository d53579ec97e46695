import { Retry } from '../concurrency/retry.js';
import type { EncodedMessage } from '../protocol/message.js';
import type { BrokerSettings } from './broker-settings.js';
import type {
  BrokerChannel,
  ChannelListener,
  HistoryPage,
  HistoryQuery,
  Subscription,
} from './broker.port.js';
import { HistoryLimiter } from './history-limiter.js';
import { OrderedSubscription } from './ordered-subscription.js';
import { WaitingBudget } from './waiting-budget.js';

const RETRY_MAX_MS = 200;

/** How a node joins the fan-out of a channel, and how it leaves. */
export interface Fanout {
  /** Resolves once every message accepted from now on is sent to this node. */
  join(): Promise<unknown>;
  /** Called when the subscription has ended, even if `join` or the first read failed. */
  leave(): void;
}

/**
 * The subscriptions of an engine whose messages travel over a network, where they may be lost, repeated or reordered.
 * It provides the port's third guarantee: each message once and in order, with lost messages fetched from history or
 * reported as a gap.
 *
 * An engine calls `open` to subscribe, `receive` with everything it receives, and `catchUp` whenever something may have
 * been lost: at least after each reconnect, once this node receives the channel's messages again. The engine makes two
 * promises: it fans out only messages that are already in history, and it detects connections that look alive but
 * deliver nothing.
 *
 * The messages that wait for a hole to be filled are bounded for all subscriptions together, and so are the pages read
 * meanwhile.
 */
export class OrderedSubscriptions {
  private readonly opened = new Map<string, OrderedSubscription>();
  private readonly limiter: HistoryLimiter;
  private readonly resources = { budget: new WaitingBudget(), retry: new Retry(RETRY_MAX_MS) };

  /** @param read as `Broker.read` */
  constructor(
    settings: BrokerSettings,
    private readonly read: (channel: BrokerChannel, query: HistoryQuery) => Promise<HistoryPage>,
  ) {
    // A limiter of its own: catching up must not wait behind clients that read history.
    this.limiter = new HistoryLimiter(settings);
  }

  /**
   * Subscribes, replacing any subscription to the same channel.
   * @throws what `join` or `read` throws
   */
  async open(
    channel: BrokerChannel,
    listener: ChannelListener,
    fanout: Fanout,
  ): Promise<Subscription> {
    const { name } = channel;
    const subscription = new OrderedSubscription(name, listener, this.resources, (query) =>
      this.limiter.run(() => this.read(channel, query)),
    );
    // Registered first, so that messages that arrive between `join` and `read` are kept.
    this.opened.set(name, subscription);
    const close = () => {
      subscription.close();
      if (this.opened.get(name) === subscription) {
        this.opened.delete(name);
        fanout.leave();
      }
    };
    try {
      await fanout.join();
      const { newest } = await this.read(channel, { limit: 0 });
      subscription.begin(newest);
      return { position: newest, close };
    } catch (error) {
      close();
      throw error;
    }
  }

  /** Takes messages that a channel has sent to this node, in any order. Ignores channels without a subscription. */
  receive(channel: string, messages: readonly EncodedMessage[]): void {
    this.opened.get(channel)?.receive(messages);
  }

  /** Fetches what was missed in a channel. */
  catchUp(channel: string): void {
    this.opened.get(channel)?.catchUp();
  }

  /** Fetches what was missed in every channel. */
  catchUpAll(): void {
    this.opened.forEach((subscription) => subscription.catchUp());
  }

  /** Ends every subscription. No listener is called after this. */
  close(): void {
    this.opened.forEach((subscription) => subscription.close());
    this.opened.clear();
    this.resources.retry.end();
  }
}
