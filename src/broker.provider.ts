import type { FactoryProvider } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { isBroker, isBrokerClass, type BrokerOption } from './broker/broker-option.js';
import { Broker } from './broker/broker.port.js';
import { BirdsongSettings } from './config/birdsong-settings.js';
import { MemoryBroker } from './engines/memory/memory-broker.js';
import { RedisBroker } from './engines/redis/redis-broker.js';

/** The broker that the options choose. */
export const brokerProvider: FactoryProvider<Broker> = {
  provide: Broker,
  useFactory: async (settings: BirdsongSettings, moduleRef: ModuleRef) => {
    const { broker = MemoryBroker, redis } = settings;
    return redis ? new RedisBroker(settings, redis) : make(broker, settings, moduleRef);
  },
  inject: [BirdsongSettings, ModuleRef],
};

/** @throws Error if a function returns something else */
async function make(
  option: BrokerOption,
  settings: BirdsongSettings,
  moduleRef: ModuleRef,
): Promise<Broker> {
  if (isBroker(option)) {
    return option;
  }
  const made = isBrokerClass(option) ? await moduleRef.create(option) : await option(settings);
  if (!isBroker(made)) {
    throw new Error('Birdsong: broker: the function must return a Broker');
  }
  return made;
}
