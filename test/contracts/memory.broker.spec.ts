import { MemoryBroker } from '../../src/engines/memory/memory.broker.js';
import { BirdsongSettings } from '../../src/config/birdsong.settings.js';
import { brokerContract } from './broker.contract.js';

brokerContract('MemoryBroker', () => {
  const broker = new MemoryBroker(new BirdsongSettings({ channels: {} }));
  return Promise.resolve({
    broker: () => broker.open().then(() => broker),
    close: () => broker.close(),
  });
});
