import { Logger } from '@nestjs/common';
import type { Broker, BrokerChannel, Subscription } from '../broker/broker.port.js';
import { encodeTail, type Message } from '../protocol/message.js';

/** How many messages are read at a time. */
const PAGE_COUNT = 1000;

/** A channel on which the nodes talk to each other. Clients cannot use it, as its name is reserved. */
export class NodeChannel<Content extends object> {
  private readonly channel: BrokerChannel;
  private readonly logger = new Logger('Birdsong');
  private subscription: Subscription | undefined;

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
      message: ({ json }) => this.receiveJson(json),
      gap: () => {
        this.readAll().catch((error: unknown) => this.logger.warn(String(error)));
      },
    });
  }

  /**
   * Receives everything that is kept, what has been received before too.
   * @throws BirdsongError `broker-unavailable`
   */
  async readAll(): Promise<void> {
    // No position of this history, so it begins with the oldest message.
    let after = { epoch: 0, offset: 0 };
    for (;;) {
      const { messages } = await this.broker.read(this.channel, { after, limit: PAGE_COUNT });
      const last = messages.at(-1);
      if (!last) {
        return;
      }
      messages.forEach(({ json }) => this.receiveJson(json));
      after = last.position;
    }
  }

  /** @throws BirdsongError `broker-unavailable` */
  async publish(content: Content, idempotencyKey: string): Promise<void> {
    const createdAtMs = Date.now();
    const createdAt = new Date(createdAtMs).toISOString();
    const { name: channel } = this.channel;
    const type = 'message';
    const tail = encodeTail({ channel, type, data: content, sender: undefined, createdAt });
    const publications = [{ type, tail }];
    await this.broker.publish(this.channel, { publications, createdAtMs, idempotencyKey });
  }

  close(): void {
    this.subscription?.close();
  }

  private receiveJson(json: string): void {
    this.receive((JSON.parse(json) as Message<Content>).data);
  }
}
