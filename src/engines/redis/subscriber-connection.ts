import { Logger } from '@nestjs/common';
import { ReplyError, type Redis } from 'ioredis';
import { LogThrottle } from '../../concurrency/log-throttle.js';
import type { PubSub } from './pub-sub.js';

/** The most commands in progress while many channels are resubscribed. */
const MAX_COMMANDS_UNDER_WAY = 50;

/** Receives the events of a subscriber connection. */
export interface ConnectionListener {
  message(name: string, text: string): void;
  /** This name is subscribed or readable again. Messages published meanwhile did not arrive. */
  restored(name: string): void;
  /** Something could not be subscribed here, or no longer is: its slot may have moved. */
  displaced(): void;
}

/**
 * The subscriber connection of one shard, shared by all its channels. It knows which names should be subscribed, and
 * restores any subscription that is lost.
 */
export class SubscriberConnection {
  private readonly wanted = new Set<string>();
  /** Names whose subscription is not confirmed: an earlier UNSUBSCRIBE may still be in progress. */
  private readonly unconfirmed = new Set<string>();
  private readonly throttle = new LogThrottle();
  private readonly logger = new Logger('Birdsong');
  private probeName: string | undefined;
  private receivedCount = 0;
  /** What `receivedCount` must exceed by the next probe; undefined while no probe is out. */
  private expectedBeyond: number | undefined;
  private isRestoring = false;
  private isRestoreWanted = false;

  constructor(
    private readonly client: Redis,
    private readonly commands: Redis,
    private readonly pubSub: PubSub,
    private readonly listener: ConnectionListener,
  ) {
    client.on(pubSub.event, (name: string, text: string) => this.receive(name, text));
    client.on('ready', () => {
      this.expectedBeyond = undefined;
      this.restore();
    });
    // Each connection follows a failover by itself, so history may have been read from another Redis until now.
    commands.on('ready', () => this.notifyRestored(this.wanted));
    // Redis has ended subscriptions because their slot moved away.
    client.on('moved', () => listener.displaced());
    client.on('error', () => {
      // An answer that belongs to no command: further answers can no longer be matched to commands.
      if (client.status === 'ready') {
        client.disconnect(true);
      }
    });
  }

  /**
   * Sets the name on which probes are published. In a cluster it must belong to one of this shard's slots; `undefined`
   * if the shard has none.
   */
  probeOn(name: string | undefined): void {
    if (name === this.probeName) {
      return;
    }
    if (this.probeName !== undefined) {
      this.remove(this.probeName);
    }
    this.probeName = name;
    this.expectedBeyond = undefined;
    if (name !== undefined) {
      this.want(name);
    }
  }

  /** Call it once connected. Rejects if this Redis user may not publish or subscribe. */
  async open(): Promise<void> {
    if (this.probeName !== undefined) {
      await this.pubSub.subscribe(this.client, [this.probeName]);
      await this.pubSub.publish(this.commands, this.probeName, '');
    }
  }

  /** Subscribes to a name now. Resolves once it is subscribed. */
  async add(name: string): Promise<void> {
    this.wanted.add(name);
    await this.pubSub.subscribe(this.client, [name]);
  }

  /** Has the next `restore` subscribe to a name. */
  want(name: string): void {
    this.wanted.add(name);
    this.unconfirmed.add(name);
  }

  remove(name: string): void {
    this.wanted.delete(name);
    this.unconfirmed.delete(name);
    // Without a connection, or after its slot has moved, there is nothing to unsubscribe from.
    this.pubSub.unsubscribe(this.client, name).catch(() => undefined);
  }

  /** Subscribes to every wanted name that is not subscribed. Only one run is in progress at a time. */
  restore(): void {
    this.isRestoreWanted = true;
    if (!this.isRestoring) {
      this.isRestoring = true;
      void this.restoreUntilDone().finally(() => (this.isRestoring = false));
    }
  }

  /**
   * A connection can look alive and deliver nothing. A message that this node publishes to itself must come back before
   * the next probe. If nothing at all arrived by then, the connection is replaced.
   */
  probe(): void {
    const { client, commands, probeName } = this;
    // An unanswered PING ends a connection that is half open.
    client.ping().catch(() => undefined);
    if (client.status !== 'ready' || commands.status !== 'ready' || probeName === undefined) {
      return;
    }
    if (this.expectedBeyond !== undefined && this.receivedCount <= this.expectedBeyond) {
      this.expectedBeyond = undefined;
      this.logger.warn('The Redis subscriber connection delivers nothing: reconnecting.');
      client.disconnect(true);
      return;
    }
    const receivedBefore = this.receivedCount;
    this.pubSub.publish(commands, probeName, '').then(
      () => (this.expectedBeyond = receivedBefore),
      // A probe that could not be sent proves nothing.
      () => (this.expectedBeyond = undefined),
    );
  }

  private receive(name: string, text: string): void {
    this.receivedCount++;
    if (name !== this.probeName) {
      this.listener.message(name, text);
    }
  }

  private async restoreUntilDone(): Promise<void> {
    while (this.isRestoreWanted && this.client.status === 'ready') {
      this.isRestoreWanted = false;
      const subscribed = this.pubSub.subscribed(this.client);
      const missing = [...this.wanted].filter(
        (name) => this.unconfirmed.has(name) || !subscribed.has(name),
      );
      const commands = this.pubSub.inCommands(missing);
      for (let start = 0; start < commands.length; start += MAX_COMMANDS_UNDER_WAY) {
        const some = commands.slice(start, start + MAX_COMMANDS_UNDER_WAY);
        await Promise.all(some.map((names) => this.subscribeAgain(names)));
      }
    }
  }

  private async subscribeAgain(missing: readonly string[]): Promise<void> {
    const names = missing.filter((name) => this.wanted.has(name));
    if (names.length === 0) {
      return;
    }
    try {
      await this.pubSub.subscribe(this.client, names);
    } catch (error) {
      if (error instanceof ReplyError) {
        this.refused(error as Error);
      } else if (this.client.status === 'ready') {
        // There was no answer: reconnect, and restore on the next 'ready'.
        this.client.disconnect(true);
      }
      return;
    }
    names.forEach((name) => this.unconfirmed.delete(name));
    this.notifyRestored(names);
  }

  private refused({ message }: Error): void {
    if (message.startsWith('NOPERM')) {
      // No new query of the masters: permissions rarely change, and the next probe tries again.
      if (this.throttle.isDue()) {
        this.logger.warn(`Redis does not let this user subscribe: ${message}`);
      }
    } else {
      this.listener.displaced();
    }
  }

  private notifyRestored(names: Iterable<string>): void {
    for (const name of names) {
      if (name !== this.probeName) {
        this.listener.restored(name);
      }
    }
  }
}
