import { Injectable, Logger } from '@nestjs/common';
import {
  Broker,
  brokerChannelOf,
  type PublishResult,
  type Publication,
} from '../broker/broker.port.js';
import { BrokerLifecycle } from '../broker/broker-lifecycle.js';
import { RateBuckets } from '../broker/rate-buckets.js';
import { ChannelPolicies, type Channel } from '../channels/channel-policies.js';
import { BirdsongSettings } from '../config/birdsong-settings.js';
import { BirdsongError } from '../errors/birdsong-error.js';
import { AppEvents } from '../events/app-events.js';
import { MessageAcceptedEvent } from '../events/message-accepted.event.js';
import { completeJson, type Message } from '../protocol/message.js';
import { formatPosition } from '../protocol/position.js';
import { chargeOf } from './charge-of.js';
import { NewBatchEvent } from './new-batch.event.js';
import { NewMessageEvent, type NewMessage, type Receipt } from './new-message.event.js';
import type { Origin } from './publish.event.js';
import { toPublications } from './publications.js';
import { requireValidSend, type Send } from './validate-send.js';

/** Publishes every new message, whether Birdsong or the app emitted its event. */
@Injectable()
export class NewMessageListener {
  private readonly logger = new Logger('Birdsong');
  /** For engines that take no charges. */
  private readonly buckets = new RateBuckets();

  constructor(
    private readonly events: AppEvents,
    private readonly broker: Broker,
    private readonly lifecycle: BrokerLifecycle,
    private readonly policies: ChannelPolicies,
    private readonly settings: BirdsongSettings,
  ) {
    // Not @OnEvent: Nest's wrapper would turn each refusal into a rejection, which `emit` leaves unhandled.
    events.on(NewMessageEvent.NAME, (heard) => {
      const event = toEvent(heard, NewMessageEvent, 'message');
      return answer(event, this.publish(event));
    });
    events.on(NewBatchEvent.NAME, (heard) => {
      const event = toEvent(heard, NewBatchEvent, 'batch');
      return answer(event, this.publishBatch(event));
    });
  }

  /** Publishes the first time it is called with an event. */
  publish(event: NewMessageEvent): Promise<Receipt> {
    return event.publishBy(() =>
      this.logRefusal(NewMessageEvent.NAME, event, async () => {
        const { channel, data, type, sender, idempotencyKey } = contentOf(event);
        const send = {
          channel,
          messages: [{ data, type }],
          sender,
          idempotencyKey,
          isBatch: false,
        };
        const [receipt] = await this.accept(send, event.origin);
        return receipt as Receipt;
      }),
    );
  }

  /** Publishes the first time it is called with an event. */
  publishBatch(event: NewBatchEvent): Promise<readonly Receipt[]> {
    return event.publishBy(() =>
      this.logRefusal(NewBatchEvent.NAME, event, async () =>
        this.accept({ ...event.batch, isBatch: true }, event.origin),
      ),
    );
  }

  /** Until its first `await`, this runs synchronously within the caller's publish, so data is read as it was then. */
  private async accept(send: Send, origin: Origin | undefined): Promise<Receipt[]> {
    const channel = origin?.admitted ?? this.admit(send);
    const { name, policy } = channel;
    const { sender, idempotencyKey } = send;
    const createdAtMs = Date.now();
    const createdAt = new Date(createdAtMs).toISOString();
    const envelope = { channel: name, sender, createdAt, maxBytes: this.settings.maxMessageBytes };
    const publications = await toPublications(send, policy, envelope, !origin?.admitted);
    if (!this.lifecycle.isOpen) {
      await this.lifecycle.open();
    }
    const charge = origin?.client && chargeOf(origin.client, channel, publications);
    const { takesCharges } = this.broker;
    const refused = !takesCharges && charge && this.buckets.take(charge, false);
    if (refused) {
      throw refused;
    }
    const result = await this.broker.publish(brokerChannelOf(channel), {
      ...{ publications, createdAtMs, charge: takesCharges ? charge : undefined },
      idempotencyKey: scopedKey(send, idempotencyKey),
    });
    this.announce(publications, result);
    return toReceipts(name, result);
  }

  private admit(send: Send): Channel {
    const channel = this.policies.require(send.channel);
    requireValidSend(send);
    return channel;
  }

  private announce(publications: readonly Publication[], { first, duplicate }: PublishResult) {
    if (duplicate) {
      return;
    }
    for (const [index, { tail }] of publications.entries()) {
      this.events.emit(MessageAcceptedEvent.NAME, () => {
        const position = { epoch: first.epoch, offset: first.offset + index };
        return new MessageAcceptedEvent(JSON.parse(completeJson(position, tail)) as Message);
      });
    }
  }

  /** Logs refusals of events that the app emitted, because it may never look at their outcome. */
  private async logRefusal<Outcome>(
    name: string,
    { origin }: { origin: Origin | undefined },
    publish: () => Promise<Outcome>,
  ): Promise<Outcome> {
    try {
      return await publish();
    } catch (error) {
      if (!origin) {
        const reason = error instanceof BirdsongError ? `${error.code}: ${error.message}` : error;
        this.logger.warn(`${name} was refused: ${String(reason)}`);
      }
      throw error;
    }
  }
}

/** Accepts plain objects in place of the class. An event that cannot be read is refused like any malformed one. */
function toEvent<Event extends object>(
  heard: unknown,
  type: new (content: never) => Event,
  field: 'message' | 'batch',
): Event {
  try {
    return heard instanceof type
      ? heard
      : new type((heard as Record<string, never>)[field] as never);
  } catch {
    return new type(undefined as never);
  }
}

/** An app that is not type-checked may leave out the message. */
function contentOf(event: { message: NewMessage | null | undefined }): NewMessage {
  return event.message ?? ({} as NewMessage);
}

/** What `emitAsync` awaits. For Birdsong's own events, the caller awaits the outcome already. */
function answer<Outcome>(
  { origin }: { origin: Origin | undefined },
  outcome: Promise<Outcome>,
): Promise<Outcome> | undefined {
  return origin ? undefined : outcome;
}

/** Scopes a key to its sender, and to batches or single messages, which are never repeats of each other. */
function scopedKey({ sender, isBatch }: Send, key: string | undefined): string | undefined {
  return key === undefined ? undefined : `${isBatch ? 'batch:' : ''}${key} ${sender ?? ''}`;
}

function toReceipts(
  channel: string,
  { first, types, createdAtMs, duplicate }: PublishResult,
): Receipt[] {
  const createdAt = new Date(createdAtMs).toISOString();
  return types.map((type, index) => ({
    id: formatPosition({ epoch: first.epoch, offset: first.offset + index }),
    channel,
    type,
    createdAt,
    duplicate,
  }));
}
