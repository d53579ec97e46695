import { Logger } from '@nestjs/common';
import { ReplyError, type Redis } from 'ioredis';
import { LogThrottle } from '../../concurrency/log-throttle.js';
import type { PubSub } from './pub-sub.js';

/** Commands that may be under way when much is subscribed again. */
const MAX_COMMANDS_UNDER_WAY = 50;

/** What a subscriber connection tells. */
export interface ConnectionListener {
  message(name: string, text: string): void;
  /** This one is subscribed again, or can be read again: what was published meanwhile did not come. */
  restored(name: string): void;
  /** Something could not be subscribed here, or is so no longer: its slot may be elsewhere. */
  displaced(): void;
}

/**
 * The subscriber connection of one shard, shared by all channels that are there. It knows what is to be
 * subscribed, and subscribes again what was lost, however that happened.
 */
export class SubscriberConnection {
  private readonly wanted = new Set<string>();
  /** What was asked for and has no answer yet: an UNSUBSCRIBE of before may still be under way. */
  private readonly unconfirmed = new Set<string>();
  private readonly throttle = new LogThrottle();
  private readonly logger = new Logger('Birdsong');
  private probeName: string | undefined;
  private receivedCount = 0;
  /** What `receivedCount` must pass until the next probe; nothing while no probe is out. */
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
    // History may have been read from another Redis until now: each connection follows a failover by itself.
    commands.on('ready', () => this.notifyRestored(this.wanted));
    // Redis took subscriptions away, with their slot.
    client.on('moved', () => listener.displaced());
    client.on('error', () => {
      // An answer that belongs to no command: whose answers the next ones are, nobody can tell.
      if (client.status === 'ready') {
        client.disconnect(true);
      }
    });
  }

  /**
   * Chooses what its probes are published on. In a cluster it must be of this shard's slots; `undefined` if it
   * has none.
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

  /** To be called once connected. Rejects if this user of Redis may not publish or subscribe. */
  async open(): Promise<void> {
    if (this.probeName !== undefined) {
      await this.pubSub.subscribe(this.client, [this.probeName]);
      await this.pubSub.publish(this.commands, this.probeName, '');
    }
  }

  /** Resolves once it is subscribed. */
  async add(name: string): Promise<void> {
    this.wanted.add(name);
    await this.pubSub.subscribe(this.client, [name]);
  }

  /** It will be subscribed by `restore`. */
  want(name: string): void {
    this.wanted.add(name);
    this.unconfirmed.add(name);
  }

  remove(name: string): void {
    this.wanted.delete(name);
    this.unconfirmed.delete(name);
    // Without a connection, or when its slot has gone, there is nothing to unsubscribe from.
    this.pubSub.unsubscribe(this.client, name).catch(() => undefined);
  }

  /** Subscribes what is wanted and is not subscribed. One run at a time. */
  restore(): void {
    this.isRestoreWanted = true;
    if (!this.isRestoring) {
      this.isRestoring = true;
      void this.restoreUntilDone().finally(() => (this.isRestoring = false));
    }
  }

  /**
   * A connection can look alive and deliver nothing. What this node publishes to itself must come back
   * until the next probe; if nothing at all came, the connection is replaced.
   */
  probe(): void {
    const { client, commands, probeName } = this;
    // Unanswered, it ends a connection that is only half open.
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
      // A probe that was not sent proves nothing.
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
        // Without an answer: the next 'ready' begins anew.
        this.client.disconnect(true);
      }
      return;
    }
    names.forEach((name) => this.unconfirmed.delete(name));
    this.notifyRestored(names);
  }

  private refused({ message }: Error): void {
    if (message.startsWith('NOPERM')) {
      // What is not allowed does not become so soon; the next probe tries again.
      if (this.throttle.isDue()) {
        this.logger.warn(`Redis lets nobody subscribe: ${message}`);
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
