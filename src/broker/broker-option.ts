import type { Type } from '@nestjs/common';
import type { BrokerSettings } from './broker-settings.js';
import type { Broker } from './broker.port.js';

/** Creates the broker of one app. */
export type BrokerFactory = (settings: BrokerSettings) => Broker | Promise<Broker>;

/** A broker, a class for Nest to instantiate, or a function that creates one. */
export type BrokerOption = Broker | Type<Broker> | BrokerFactory;

const METHODS = ['open', 'publish', 'subscribe', 'read', 'revise', 'isAvailable', 'close'] as const;

/** Checks the methods, not the class: the broker may extend the `Broker` of another copy of the package. */
export function isBroker(value: unknown): value is Broker {
  const broker = Object(value) as Partial<Record<string, unknown>>;
  return METHODS.every((method) => typeof broker[method] === 'function');
}

export function isBrokerClass(value: BrokerOption): value is Type<Broker> {
  return typeof value === 'function' && isBroker(value.prototype);
}
