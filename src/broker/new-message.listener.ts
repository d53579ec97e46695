import { Injectable } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import { BirdsongError } from '../errors/birdsong.error.js';
import { DEFAULT_TYPE, encodeTail, type Message } from '../messages/message.js';
import { isMessageType } from '../messages/message-type.js';
import { NewMessageEvent } from '../messages/new-message.event.js';
import { formatPosition } from '../messages/position.js';
import { ChannelPolicies } from '../policies/channel-policies.js';
import { validateData } from '../policies/validate-data.js';
import { BirdsongSettings } from '../options/birdsong.settings.js';
import { Broker } from './broker.port.js';

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
    const { name, policy } = this.policies.require(message.channel);
    const type = message.type ?? DEFAULT_TYPE;
    if (!isMessageType(type)) {
      throw new BirdsongError('invalid-request', 'The type is not of its form, or reserved.');
    }
    const data = await validateData(policy.data, message.data);
    const createdAtMs = Date.now();
    const accepted = await this.broker.publish(
      { name, history: policy.history },
      {
        type,
        tail: this.encode({
          channel: name,
          type,
          data,
          ...(message.sender !== undefined && { sender: message.sender }),
          createdAt: new Date(createdAtMs).toISOString(),
        }),
        createdAtMs,
        idempotencyKey: scopedKey(message.idempotencyKey, message.sender),
      },
    );
    event.receipt = {
      id: formatPosition(accepted.position),
      channel: name,
      type: accepted.type,
      createdAt: new Date(accepted.createdAtMs).toISOString(),
      duplicate: accepted.duplicate,
    };
  }

  private encode(message: Omit<Message, 'id'>): string {
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
