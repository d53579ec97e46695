import { Injectable } from '@nestjs/common';
import { BrokerLifecycle } from '../broker/broker-lifecycle.js';
import { Broker, brokerChannelOf } from '../broker/broker.port.js';
import type { Revision, RevisionResult } from '../broker/revision.js';
import { ChannelPolicies, type Channel } from '../channels/channel-policies.js';
import { BirdsongSettings } from '../config/birdsong-settings.js';
import { BirdsongError } from '../errors/birdsong-error.js';
import { completeJson, tailOf, type EncodedMessage, type Message } from '../protocol/message.js';
import { before, isSame, parsePosition, type Position } from '../protocol/position.js';
import { editedTail, isAnnouncement } from '../protocol/revisions.js';
import { toPublications } from '../publishing/publications.js';

/** How often an edit begins again because another one came between. */
const MAX_ATTEMPTS = 10;

/**
 * Edits and deletes messages that a channel already has. Their positions stay, and every reader is told of it by an
 * event, live or when it resumes. It asks no access rule: the app itself decides who may.
 */
@Injectable()
export class Moderation {
  constructor(
    private readonly broker: Broker,
    private readonly lifecycle: BrokerLifecycle,
    private readonly policies: ChannelPolicies,
    private readonly settings: BirdsongSettings,
  ) {}

  /**
   * Replaces the data of one message. Readers get `stream.edited` with `{ id, data }`.
   * @param id the id of the message
   * @param data as for `publish`; the schema of the channel validates it
   * @returns the message as it is from now on
   * @throws BirdsongError `invalid-channel`, `unknown-channel`, `not-found` if the message is not kept, is deleted or is
   * an event of Birdsong, `invalid-request`, `invalid-data`, `message-too-large`, `broker-unavailable`
   */
  async edit(channel: string, id: string, data: unknown): Promise<Message> {
    const found = this.policies.require(channel);
    const position = requirePosition(id);
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const { revision, edited } = await this.editOf(found, position, data);
      const result = await this.revise(found, revision, edited.editedAt);
      if (result !== 'conflict') {
        requireKept(result);
        return edited;
      }
    }
    throw new BirdsongError('overloaded', 'Others keep editing this message.', {
      retryAfterSeconds: 1,
    });
  }

  /**
   * Deletes one message. Readers get `stream.deleted` with `{ ids }`, and in place of the message the same event.
   * Deleting it again changes nothing.
   * @throws BirdsongError `invalid-channel`, `unknown-channel`, `invalid-request`, `not-found` if the message is not kept
   * or is an event of Birdsong, `broker-unavailable`
   */
  async delete(channel: string, id: string): Promise<void> {
    const position = requirePosition(id);
    requireKept(await this.revise(this.policies.require(channel), { kind: 'delete', position }));
  }

  /**
   * Deletes all messages of a sender that the channel keeps.
   * @returns how many it has deleted
   * @throws BirdsongError `invalid-channel`, `unknown-channel`, `broker-unavailable`
   */
  async deleteAllOf(channel: string, sender: string): Promise<number> {
    const revision = { kind: 'delete-of', sender } as const;
    return Number(await this.revise(this.policies.require(channel), revision));
  }

  /**
   * Drops all messages of a channel. Readers get `stream.cleared`; those who come back from before it are told of a gap.
   * @throws BirdsongError `invalid-channel`, `unknown-channel`, `broker-unavailable`
   */
  async clear(channel: string): Promise<void> {
    await this.revise(this.policies.require(channel), { kind: 'clear' });
  }

  private async editOf(channel: Channel, position: Position, data: unknown) {
    const message = await this.find(channel, position);
    const old = JSON.parse(message.json) as Message;
    const { type, sender, createdAt } = old;
    const editedAt = new Date().toISOString();
    const [publication] = await toPublications(
      { channel: channel.name, messages: [{ data, type }], isBatch: false },
      channel.policy,
      {
        ...{ channel: channel.name, sender, createdAt, editedAt },
        maxBytes: this.settings.maxMessageBytes,
      },
      true,
    );
    const tail = publication?.tail ?? '';
    const edited = JSON.parse(completeJson(position, tail)) as Message & { editedAt: string };
    const revision: Revision = {
      ...{ kind: 'edit', position, type, tail },
      expected: tailOf(message),
      announcement: editedTail(edited),
    };
    return { revision, edited };
  }

  private async find(channel: Channel, position: Position): Promise<EncodedMessage> {
    await this.open();
    const query = { after: before(position), limit: 1 };
    const { messages } = await this.broker.read(brokerChannelOf(channel), query);
    const message = messages.find((one) => isSame(one.position, position));
    if (!message || isAnnouncement(message.type)) {
      throw notKept();
    }
    return message;
  }

  private async revise(
    channel: Channel,
    revision: Revision,
    at = new Date().toISOString(),
  ): Promise<RevisionResult> {
    await this.open();
    return this.broker.revise(brokerChannelOf(channel), revision, Date.parse(at));
  }

  private async open(): Promise<void> {
    if (!this.lifecycle.isOpen) {
      await this.lifecycle.open();
    }
  }
}

function requirePosition(id: string): Position {
  const position = parsePosition(id);
  if (!position) {
    throw new BirdsongError(
      'invalid-request',
      'The id of a message has the form <epoch>-<offset>.',
    );
  }
  return position;
}

function requireKept(result: RevisionResult): void {
  if (result === 'not-kept') {
    throw notKept();
  }
}

const notKept = () =>
  new BirdsongError('not-found', 'The channel does not keep a message with this id.');
