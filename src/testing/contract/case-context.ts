import type { Batch, Broker, BrokerChannel, PublishResult } from '../../broker/broker.port.js';
import { eventually } from './eventually.js';
import { publication } from './publications.js';
import type { BrokerNode, BrokerWorld, Link, Store } from './world.js';

/** The open broker of a node, and the node's link. */
export interface OpenNode {
  readonly broker: Broker;
  readonly link: Link;
}

/** What one case works with: it opens brokers in the case's world, and closes them. */
export class CaseContext {
  private readonly brokers: Broker[] = [];

  constructor(private readonly world: BrokerWorld) {}

  /** Adds a node and opens its broker. */
  async open(): Promise<Broker> {
    return this.openAt(await this.world.node());
  }

  /** The same, for a node whose link can be broken. */
  async openLinked(): Promise<OpenNode> {
    const node = await this.world.node();
    return { broker: await this.openAt(node), link: linkOf(node) };
  }

  /** Adds a node. The caller opens and closes its broker. */
  node(): BrokerNode | Promise<BrokerNode> {
    return this.world.node();
  }

  get hasStore(): boolean {
    return this.world.store !== undefined;
  }

  /** @throws Error if the world has none */
  get store(): Store {
    if (!this.world.store) {
      throw new Error(lacking('store', 'lose messages'));
    }
    return this.world.store;
  }

  /** Closes every broker that it opened, then the world. */
  async close(): Promise<void> {
    await Promise.all(this.brokers.splice(0).map((broker) => broker.close()));
    await this.world.close();
  }

  private async openAt(node: BrokerNode): Promise<Broker> {
    const broker = node.createBroker();
    await broker.open();
    this.brokers.push(broker);
    return broker;
  }
}

/** @throws Error if the node has none */
export function linkOf({ link }: BrokerNode): Link {
  if (!link) {
    throw new Error(lacking('link', 'lose its connection'));
  }
  return link;
}

const lacking = (what: string, trait: string): string =>
  `The world has no ${what}. A broker that cannot ${trait} says so: { cannot: ['${trait}'] }.`;

/** Publishes these one after the other. */
export async function publishAll(
  broker: Broker,
  channel: BrokerChannel,
  list: readonly unknown[],
): Promise<void> {
  for (const data of list) {
    await broker.publish(channel, publication(data));
  }
}

/** Publishes this until it is accepted. It must have a key, so that it becomes one message. */
export async function publishUntilTaken(
  broker: Broker,
  channel: BrokerChannel,
  sent: Batch,
): Promise<PublishResult> {
  let result: PublishResult | undefined;
  await eventually(
    async () => {
      result = await broker.publish(channel, sent).catch(() => undefined);
      return result !== undefined;
    },
    () => 'a broker whose connection is back should accept messages',
  );
  return result as PublishResult;
}

/** Resolves once the broker reports that it is available, or that it is not. */
export function untilAvailable(broker: Broker, isAvailable = true): Promise<void> {
  return eventually(
    () => broker.isAvailable() === isAvailable,
    () => `it should say that it is ${isAvailable ? '' : 'not '}available`,
  );
}

/** 1, 2, 3, … */
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);
