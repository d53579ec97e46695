import { Injectable } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import { BirdsongError } from '../errors/birdsong.error.js';
import { DEFAULT_TYPE, encodeTail, type Draft } from '../protocol/message.js';
import {
  BATCH_COUNT,
  isIdempotencyKey,
  isMessageType,
  SENDER_LENGTH,
} from '../protocol/message-form.js';
import { NewBatchEvent } from './new-batch.event.js';
import {
  NewMessageEvent,
  type Content,
  type Receipt,
  type SendOptions,
} from './new-message.event.js';
import { formatPosition } from '../protocol/position.js';
import { ChannelPolicies } from '../channels/channel-policies.js';
import { validateData } from '../channels/validate-data.js';
import { BirdsongSettings } from '../config/birdsong.settings.js';
import { Broker, type PublishResult, type Publication } from '../broker/broker.port.js';

/** Hands every new message to the broker, whoever emitted it. */
@Injectable()
export class NewMessageListener {
  constructor(
    private readonly broker: Broker,
    private readonly policies: ChannelPolicies,
    private readonly settings: BirdsongSettings,
  ) {}

  // Without suppressErrors: false a refused message would look accepted to its sender.
  @OnEvent(NewMessageEvent.NAME, { suppressErrors: false })
  async publish(event: NewMessageEvent): Promise<void> {
    const { message } = event;
    event.outcome = this.accept(message.channel, [message], message, () => ['data']).then(
      ([receipt]) => receipt as Receipt,
    );
    event.receipt = await event.outcome;
  }

  @OnEvent(NewBatchEvent.NAME, { suppressErrors: false })
  async publishBatch(event: NewBatchEvent): Promise<void> {
    const { batch } = event;
    const pathOf = (index: number) => ['messages', String(index), 'data'];
    event.outcome = this.accept(
      batch.channel,
      batch.messages,
      // A batch and a message of the same key are not one another's repeats.
      { ...batch, idempotencyKey: batch.idempotencyKey && `batch:${batch.idempotencyKey}` },
      pathOf,
    );
    event.receipts = await event.outcome;
  }

  private async accept(
    channelName: string,
    contents: readonly Content[],
    { sender, idempotencyKey }: SendOptions,
    pathOf: (index: number) => readonly string[],
  ): Promise<Receipt[]> {
    const channel = this.policies.require(channelName);
    requireForm(contents, { sender, idempotencyKey });
    const createdAtMs = Date.now();
    const createdAt = new Date(createdAtMs).toISOString();
    const publications: Publication[] = [];
    for (const [index, { type = DEFAULT_TYPE, data }] of contents.entries()) {
      if (!isMessageType(type)) {
        throw new BirdsongError('invalid-request', 'The type is not of its form, or reserved.');
      }
      const valid = await validateData(channel.policy.data, data, pathOf(index));
      const tail = this.encode({ channel: channel.name, type, data: valid, sender, createdAt });
      publications.push({ type, tail });
    }
    const accepted = await this.broker.publish(
      { name: channel.name, history: channel.policy.history },
      { publications, createdAtMs, idempotencyKey: scopedKey(idempotencyKey, sender) },
    );
    return toReceipts(channel.name, accepted);
  }

  private encode(message: Draft): string {
    let tail: string;
    try {
      tail = encodeTail(message);
    } catch (cause) {
      // Nothing, a cycle, a BigInt, or nesting deeper than the stack.
      throw new BirdsongError('invalid-request', 'The data cannot be written as JSON.', { cause });
    }
    if (Buffer.byteLength(tail) > this.settings.maxMessageBytes) {
      throw new BirdsongError(
        'message-too-large',
        `A message may have ${this.settings.maxMessageBytes} bytes as JSON.`,
      );
    }
    return tail;
  }
}

/** One sender's keys are not another's. */
function scopedKey(key: string | undefined, sender: string | undefined): string | undefined {
  return key === undefined ? undefined : `${key} ${sender ?? ''}`;
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

/** What an app emits itself has been checked by nobody yet. */
function requireForm(contents: readonly Content[], { sender, idempotencyKey }: SendOptions): void {
  if (contents.length < 1 || contents.length > BATCH_COUNT) {
    throw new BirdsongError('invalid-request', `A batch has 1 to ${BATCH_COUNT} messages.`);
  }
  if (idempotencyKey !== undefined && !isIdempotencyKey(idempotencyKey)) {
    throw new BirdsongError('invalid-request', 'The idempotency key is not of its form.');
  }
  if (sender !== undefined && (typeof sender !== 'string' || sender.length > SENDER_LENGTH)) {
    throw new BirdsongError('invalid-request', `A sender has at most ${SENDER_LENGTH} characters.`);
  }
}
