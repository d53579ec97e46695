import type { Type } from '@nestjs/common';
import type { BrokerSettings } from './broker-settings.js';
import type { Broker } from './broker.port.js';

/** Makes the broker of one app. */
export type BrokerFactory = (settings: BrokerSettings) => Broker | Promise<Broker>;

/** A broker, a class that Nest makes one of, or a function that does. */
export type BrokerOption = Broker | Type<Broker> | BrokerFactory;

const METHODS = ['open', 'publish', 'subscribe', 'read', 'isAvailable', 'close'] as const;

/** By what it can do: it may extend the `Broker` of another copy of the package. */
export function isBroker(value: unknown): value is Broker {
  const broker = Object(value) as Partial<Record<string, unknown>>;
  return METHODS.every((method) => typeof broker[method] === 'function');
}

export function isBrokerClass(value: BrokerOption): value is Type<Broker> {
  return typeof value === 'function' && isBroker(value.prototype);
}
