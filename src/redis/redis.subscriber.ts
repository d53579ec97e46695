import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { Subscriber, Subscription } from '../broker/broker.port.js';
import { decodePublished } from './payload.js';
import { unavailable, type RedisConnections } from './redis.connections.js';
import type { RedisKeys } from './redis.keys.js';
import { RedisSubscription, type ReadHistory } from './redis.subscription.js';

/** Channels per SUBSCRIBE after a reconnect: one command must not hold up Redis. */
const RESUBSCRIBE_COUNT = 500;

/**
 * The node's one subscriber connection, shared by all its channels: subscribes again whenever it was
 * lost, and has each channel fetch what it missed.
 */
export class RedisSubscriber {
  private readonly subscriptions = new Map<string, RedisSubscription>();
  private readonly logger = new Logger('Birdsong');
  private readonly probeChannel: string;
  private probing: NodeJS.Timeout | undefined;
  private receivedCount = 0;
  /** What `receivedCount` must pass until the next probe; nothing while no probe is out. */
  private expectedBeyond: number | undefined;

  constructor(
    private readonly connections: RedisConnections,
    private readonly keys: RedisKeys,
    private readonly probeIntervalMs: number,
  ) {
    this.probeChannel = keys.probe(randomUUID());
    const { subscriber } = connections;
    subscriber.on('message', (channel: string, text: string) => this.receive(channel, text));
    subscriber.on('ready', () => void this.resubscribe());
  }

  /** To be called once connected. Rejects if this user of Redis may not publish or subscribe. */
  async open(): Promise<void> {
    await this.connections.subscriber.subscribe(this.probeChannel);
    await this.connections.commands.publish(this.probeChannel, '');
    this.probing = setInterval(() => this.probe(), this.probeIntervalMs).unref();
  }

  /** @throws BirdsongError `broker-unavailable` */
  async subscribe(
    channel: string,
    subscriber: Subscriber,
    readHistory: ReadHistory,
  ): Promise<Subscription> {
    const subscription = new RedisSubscription(subscriber, readHistory);
    // Registered first: a message that is published between the two steps waits for its turn.
    this.subscriptions.set(channel, subscription);
    try {
      await this.connections.subscriber.subscribe(this.keys.pubSub(channel));
      const { newest } = await readHistory({ limit: 0 });
      subscription.begin(newest);
      return { position: newest, close: () => this.unsubscribe(channel, subscription) };
    } catch (cause) {
      this.unsubscribe(channel, subscription);
      throw unavailable(cause);
    }
  }

  close(): void {
    clearInterval(this.probing);
    for (const subscription of this.subscriptions.values()) {
      subscription.close();
    }
    this.subscriptions.clear();
  }

  private unsubscribe(channel: string, subscription: RedisSubscription): void {
    subscription.close();
    if (this.subscriptions.get(channel) !== subscription) {
      return;
    }
    this.subscriptions.delete(channel);
    // Without a connection there is nothing to unsubscribe from.
    this.connections.subscriber.unsubscribe(this.keys.pubSub(channel)).catch(() => undefined);
  }

  private receive(pubSubChannel: string, text: string): void {
    this.receivedCount++;
    if (pubSubChannel !== this.probeChannel) {
      this.deliver(this.keys.channelOf(pubSubChannel), text);
    }
  }

  private deliver(channel: string, text: string): void {
    const subscription = this.subscriptions.get(channel);
    try {
      subscription?.receive(decodePublished(text));
    } catch (error) {
      // Not of Birdsong's making. What cannot be read is lost, and history has what counts.
      this.logger.warn(`Somebody else publishes on ${channel}: ${String(error)}`);
      subscription?.heal();
    }
  }

  private async resubscribe(): Promise<void> {
    this.expectedBeyond = undefined;
    const channels = [...this.subscriptions.keys()];
    const names = [this.probeChannel, ...channels.map((channel) => this.keys.pubSub(channel))];
    try {
      for (let start = 0; start < names.length; start += RESUBSCRIBE_COUNT) {
        await this.connections.subscriber.subscribe(
          ...names.slice(start, start + RESUBSCRIBE_COUNT),
        );
      }
    } catch {
      // Lost again on the way: the next 'ready' begins anew.
      this.connections.subscriber.disconnect(true);
      return;
    }
    for (const channel of channels) {
      this.subscriptions.get(channel)?.heal();
    }
  }

  /**
   * A connection can look alive and deliver nothing. What this node publishes to itself must come back
   * until the next probe; if nothing at all came, the connection is replaced.
   */
  private probe(): void {
    const { commands, subscriber } = this.connections;
    // Unanswered, it ends a connection that is only half open.
    subscriber.ping().catch(() => undefined);
    if (!this.connections.areReady()) {
      return;
    }
    if (this.expectedBeyond !== undefined && this.receivedCount <= this.expectedBeyond) {
      this.expectedBeyond = undefined;
      this.logger.warn('The Redis subscriber connection delivers nothing: reconnecting.');
      subscriber.disconnect(true);
      return;
    }
    const receivedBefore = this.receivedCount;
    commands.publish(this.probeChannel, '').then(
      () => (this.expectedBeyond = receivedBefore),
      // A probe that was not sent proves nothing.
      () => (this.expectedBeyond = undefined),
    );
  }
}
