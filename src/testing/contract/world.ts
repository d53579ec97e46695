import type { Broker } from '../../broker/broker.port.js';

/** The connection between one node and the messages. */
export interface Link {
  /** Breaks the connections of this node. New ones are refused until `restore`. */
  cut(): Promise<void>;
  /**
   * Silences the node's present connections for good: they stay open, but nothing passes in either direction and
   * neither side is told. New connections work.
   */
  silence(): Promise<void>;
  /** Undoes `cut`. */
  restore(): Promise<void>;
}

/** Where the messages are kept. */
export interface Store {
  /** Makes what is kept now survive a crash. */
  save(): Promise<void>;
  /**
   * Breaks all connections and comes back with what was saved last, or with nothing of this world. Resolves once it can
   * be reached again.
   */
  crash(): Promise<void>;
}

/** Stands for one of the processes that share the messages. */
export interface BrokerNode {
  /** Creates the node's broker. The contract opens and closes it. */
  createBroker(): Broker;
  /** Absent for a broker that cannot lose its connection. */
  readonly link?: Link | undefined;
}

/** The surroundings of one case: nodes whose brokers share messages, apart from those of any other case. */
export interface BrokerWorld {
  /** Adds a node. Called once for a broker that cannot serve several nodes. */
  node(): BrokerNode | Promise<BrokerNode>;
  /** Absent for a broker that cannot lose messages. */
  readonly store?: Store | undefined;
  /** Ends what the world has started. The brokers are closed by then. */
  close(): Promise<void>;
}

/** What can happen to most brokers, but not to every one. */
export type Trait = 'serve several nodes' | 'lose its connection' | 'lose messages';
