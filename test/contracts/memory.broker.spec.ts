import { MemoryBroker } from '../../src/broker/memory.broker.js';
import { BirdsongSettings } from '../../src/options/birdsong.settings.js';
import { brokerContract } from './broker.contract.js';

brokerContract('MemoryBroker', () => {
  const broker = new MemoryBroker(new BirdsongSettings({ channels: {} }));
  return Promise.resolve({
    broker: () => broker.open().then(() => broker),
    close: () => broker.close(),
  });
});
