import type { Broker, BrokerChannel, HistoryPage } from '../../broker/broker.port.js';
import type { Revision, RevisionResult } from '../../broker/revision.js';
import { encodeTail, tailOf, type EncodedMessage, type Message } from '../../protocol/message.js';
import { formatPosition } from '../../protocol/position.js';
import { editedTail } from '../../protocol/revisions.js';
import { newChannel, publication } from './publications.js';

export const parse = (message: EncodedMessage | undefined): Message =>
  JSON.parse(message?.json ?? 'null') as Message;

/** A channel of its own, and short ways to change it. */
export class Room {
  readonly channel: BrokerChannel;

  constructor(
    readonly broker: Broker,
    history: Partial<BrokerChannel['history']> = {},
  ) {
    this.channel = newChannel(history);
  }

  async send(list: readonly unknown[], sender?: string): Promise<void> {
    const createdAtMs = Date.now();
    const createdAt = new Date(createdAtMs).toISOString();
    const type = 'message';
    const { name: channel } = this.channel;
    const publications = list.map((data) => ({
      type,
      tail: encodeTail({ channel, type, data, sender, createdAt }),
    }));
    await this.broker.publish(this.channel, { ...publication(0), publications, createdAtMs });
  }

  async read(after?: number, before?: number, limit = 100): Promise<HistoryPage> {
    const { epoch } = (await this.broker.read(this.channel, { limit: 0 })).newest;
    const at = (offset: number | undefined) =>
      offset === undefined ? undefined : { epoch, offset };
    return this.broker.read(this.channel, { after: at(after), before: at(before), limit });
  }

  async page(): Promise<readonly EncodedMessage[]> {
    return (await this.read()).messages;
  }

  async all(): Promise<readonly Message[]> {
    return (await this.page()).map(parse);
  }

  async data(): Promise<readonly unknown[]> {
    return (await this.all()).map(({ data }) => data);
  }

  async types(): Promise<readonly string[]> {
    return (await this.page()).map(({ type }) => type);
  }

  async text(): Promise<string> {
    return (await this.page()).map(({ json }) => json).join('\n');
  }

  async id(offset: number): Promise<string> {
    return formatPosition({ epoch: (await this.read()).newest.epoch, offset });
  }

  revise(revision: Revision): Promise<RevisionResult> {
    return this.broker.revise(this.channel, revision, Date.now());
  }

  async delete(offset: number): Promise<RevisionResult> {
    const { epoch } = (await this.read(undefined, undefined, 0)).newest;
    return this.revise({ kind: 'delete', position: { epoch, offset } });
  }

  /** @param seen the message as it is expected. Default: as it is */
  async edit(offset: number, data: unknown, seen?: EncodedMessage): Promise<RevisionResult> {
    const { messages } = await this.read(offset - 1, undefined, 1);
    const message = seen ?? messages.at(0);
    if (!message) {
      throw new Error(`There is no message ${offset}.`);
    }
    const { position, type } = message;
    const edited = { ...parse(message), data, editedAt: new Date().toISOString() };
    const tail = encodeTail({ ...edited, sender: edited.sender });
    const announcement = editedTail(edited);
    return this.broker.revise(
      this.channel,
      { kind: 'edit', position, type, expected: tailOf(message), tail, announcement },
      Date.parse(edited.editedAt),
    );
  }
}
