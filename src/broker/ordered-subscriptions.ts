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

/** How a node begins to be sent a channel's messages, and how that ends. */
export interface Fanout {
  /** Resolves once every message that is accepted from now on is sent to this node. */
  join(): Promise<unknown>;
  /** Called once the subscription has ended, also when `join` or the first read has failed. */
  leave(): void;
}

/**
 * The subscriptions of a broker whose messages come over a network, where they may be lost, repeated or out of
 * order. It keeps the port's third guarantee for them: each message once and in order, what was lost fetched from
 * history, or a gap.
 *
 * An engine calls `open` to subscribe, `receive` with all that it is sent, and `catchUp` whenever something may have
 * been lost: after each reconnect at the least, once this node is sent the channel's messages again. It keeps two
 * promises: what it sends to anybody is in history already, and it finds connections that look alive and deliver
 * nothing.
 *
 * What waits for a hole in history to be filled is bounded for all of them together, and so are the pages that are
 * read meanwhile.
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
    // Its own: what was missed is not to wait behind those who read history.
    this.limiter = new HistoryLimiter(settings);
  }

  /**
   * Subscribes; takes the place of a subscription of the same channel.
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
    // First: what is published between the next two steps waits for its turn.
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

  /** What was sent to this node of a channel, in any order; nothing happens if nobody is subscribed. */
  receive(channel: string, messages: readonly EncodedMessage[]): void {
    this.opened.get(channel)?.receive(messages);
  }

  /** Fetches what was missed in a channel. */
  catchUp(channel: string): void {
    this.opened.get(channel)?.catchUp();
  }

  /** Fetches what was missed in all of them. */
  catchUpAll(): void {
    this.opened.forEach((subscription) => subscription.catchUp());
  }

  /** For good: no listener is called after this. */
  close(): void {
    this.opened.forEach((subscription) => subscription.close());
    this.opened.clear();
    this.resources.retry.end();
  }
}
