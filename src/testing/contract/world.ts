import type { Broker } from '../../broker/broker.port.js';

/** What is between one node and the messages. */
export interface Link {
  /** Breaks the connections of this node. New ones are refused until `restore`. */
  cut(): Promise<void>;
  /**
   * Makes the connections that the node has now silent for ever: they stay open, nothing passes in either direction,
   * and nobody is told. New ones are fine.
   */
  silence(): Promise<void>;
  /** Ends what `cut` began. */
  restore(): Promise<void>;
}

/** Where the messages are kept. */
export interface Store {
  /** What is kept now survives a crash. */
  save(): Promise<void>;
  /**
   * Comes back with what was saved last, or with nothing of this world, after all connections broke. Resolves once it
   * can be reached again.
   */
  crash(): Promise<void>;
}

/** One of the processes that would share the messages. */
export interface BrokerNode {
  /** Makes its broker. The suite opens it and closes it. */
  createBroker(): Broker;
  /** Not for a broker that cannot lose its connection. */
  readonly link?: Link | undefined;
}

/** What one case runs in: nodes whose brokers are on the same messages, and nothing of another case. */
export interface BrokerWorld {
  /** One more node. A world whose broker cannot serve several nodes is asked for one. */
  node(): BrokerNode | Promise<BrokerNode>;
  /** Not for a broker that cannot lose messages. */
  readonly store?: Store | undefined;
  /** Ends what the world has begun. The brokers are closed already. */
  close(): Promise<void>;
}

/** What befalls most brokers, and need not befall each. */
export type Trait = 'serve several nodes' | 'lose its connection' | 'lose messages';
