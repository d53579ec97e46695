import { Logger } from '@nestjs/common';
import type { Broker, BrokerChannel, Subscription } from '../broker/broker.port.js';
import { encodeTail, type EncodedMessage, type Message } from '../protocol/message.js';
import type { Position } from '../protocol/position.js';

/** How many messages are read at a time. */
const PAGE_COUNT = 1000;

/** No position of any history, so reading after it begins with the oldest message. */
const BEGINNING: Position = { epoch: 0, offset: 0 };

/** A channel on which the nodes talk to each other. Clients cannot use it, as its name is reserved. */
export class NodeChannel<Content extends object> {
  private readonly channel: BrokerChannel;
  private readonly logger = new Logger('Birdsong');
  private subscription: Subscription | undefined;
  /** Of the last message received. */
  private position = BEGINNING;

  /** @param receive called with what any node publishes, this one too. It must not throw */
  constructor(
    private readonly broker: Broker,
    name: string,
    history: BrokerChannel['history'],
    private readonly receive: (content: Content) => void,
  ) {
    this.channel = { name: `birdsong:${name}`, pattern: 'birdsong:*', history };
  }

  /** @throws BirdsongError `broker-unavailable` */
  async subscribe(): Promise<void> {
    this.subscription ??= await this.broker.subscribe(this.channel, {
      message: (message) => this.take(message),
      gap: () => {
        this.readAll().catch((error: unknown) => this.logger.warn(String(error)));
      },
    });
  }

  /**
   * Receives everything that is kept, what has been received before too.
   * @throws BirdsongError `broker-unavailable`
   */
  readAll(): Promise<void> {
    return this.readAfter(BEGINNING);
  }

  /**
   * Receives what this node may not have been sent yet.
   * @throws BirdsongError `broker-unavailable`
   */
  catchUp(): Promise<void> {
    return this.readAfter(this.position);
  }

  /**
   * @returns whether it is the first with this key
   * @throws BirdsongError `broker-unavailable`
   */
  async publish(content: Content, idempotencyKey: string): Promise<boolean> {
    const createdAtMs = Date.now();
    const createdAt = new Date(createdAtMs).toISOString();
    const { name: channel } = this.channel;
    const type = 'message';
    const tail = encodeTail({ channel, type, data: content, sender: undefined, createdAt });
    const publications = [{ type, tail }];
    const batch = { publications, createdAtMs, idempotencyKey };
    const { duplicate } = await this.broker.publish(this.channel, batch);
    return !duplicate;
  }

  close(): void {
    this.subscription?.close();
  }

  private async readAfter(position: Position): Promise<void> {
    let after = position;
    for (;;) {
      const { messages } = await this.broker.read(this.channel, { after, limit: PAGE_COUNT });
      const last = messages.at(-1);
      if (!last) {
        return;
      }
      messages.forEach((message) => this.take(message));
      after = last.position;
    }
  }

  private take({ position, json }: EncodedMessage): void {
    this.position = position;
    this.receive((JSON.parse(json) as Message<Content>).data);
  }
}
