import {
  Broker,
  completeJson,
  gapBehind,
  OrderedSubscriptions,
  PAGE_BYTES,
  revise,
  type Batch,
  type BrokerChannel,
  type BrokerSettings,
  type ChannelListener,
  type EncodedMessage,
  type HistoryPage,
  type HistoryQuery,
  type HistoryState,
  type PublishResult,
  type Revision,
  type RevisionResult,
  type Subscription,
} from '../../../src/index.js';
import { HubConnection, type HubMessage } from './hub-connection.js';

interface HubHistory {
  readonly messages: readonly HubMessage[];
  readonly version: number;
}

interface HubPage extends HistoryState {
  readonly messages: readonly HubMessage[];
}

/** A broker over TCP, as a user of the package would write it: it uses only what the package exports. */
export class HubBroker extends Broker {
  private readonly connection: HubConnection;
  private readonly subscriptions: OrderedSubscriptions;
  /** The channels to resubscribe after a reconnect. */
  private readonly joined = new Set<string>();

  constructor(
    private readonly settings: BrokerSettings,
    port: number,
  ) {
    super();
    this.subscriptions = new OrderedSubscriptions(settings, (channel, query) =>
      this.read(channel, query),
    );
    this.connection = new HubConnection(port, {
      connected: () => this.rejoin(),
      messages: (channel, messages) =>
        this.subscriptions.receive(channel, messages.map(toEncodedMessage)),
    });
  }

  override open(): Promise<void> {
    return this.connection.open();
  }

  override isAvailable(): boolean {
    return this.connection.isLive;
  }

  override publish(channel: BrokerChannel, batch: Batch): Promise<PublishResult> {
    const { idempotencyMs } = this.settings;
    return this.connection.ask('publish', { channel, batch, idempotencyMs });
  }

  override subscribe(channel: BrokerChannel, listener: ChannelListener): Promise<Subscription> {
    const { name } = channel;
    return this.subscriptions.open(channel, listener, {
      join: () => {
        this.joined.add(name);
        return this.connection.ask('subscribe', { name });
      },
      leave: () => {
        this.joined.delete(name);
        this.connection.ask('unsubscribe', { name }).catch(() => undefined);
      },
    });
  }

  override async read(channel: BrokerChannel, query: HistoryQuery): Promise<HistoryPage> {
    const page = await this.connection.ask<HubPage>('read', {
      ...{ channel, query },
      maxBytes: PAGE_BYTES,
    });
    return {
      messages: page.messages.map(toEncodedMessage),
      newest: page.newest,
      gap: gapBehind(query.after, page),
    };
  }

  /** Tries again if the channel changes between the two steps. */
  override async revise(
    channel: BrokerChannel,
    revision: Revision,
    at: number,
  ): Promise<RevisionResult> {
    for (;;) {
      const { messages, version } = await this.connection.ask<HubHistory>('look', { channel });
      const revised = revise(channel.name, messages.map(toEncodedMessage), revision, at);
      if (revised.announcements.length === 0) {
        return revised.result;
      }
      const replaced = revised.replaced.map(toHubMessage);
      const rewriting = { ...revised, ...{ channel, version, replaced } };
      if (await this.connection.ask<boolean>('rewrite', rewriting)) {
        return revised.result;
      }
    }
  }

  override close(): Promise<void> {
    this.subscriptions.close();
    return this.connection.close();
  }

  /** The hub answers in order, so a read after this sees the channel subscribed. */
  private rejoin(): void {
    for (const name of this.joined) {
      this.connection.ask('subscribe', { name }).catch(() => undefined);
    }
    this.subscriptions.catchUpAll();
  }
}

function toEncodedMessage({ position, type, tail }: HubMessage): EncodedMessage {
  return { position, type, json: completeJson(position, tail) };
}

function toHubMessage({ position, type, json }: EncodedMessage): HubMessage {
  return { position, type, tail: json.slice(completeJson(position, '').length) };
}
