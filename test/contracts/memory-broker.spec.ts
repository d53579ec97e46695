import { MemoryBroker } from '../../src/engines/memory/memory-broker.js';
import { provesContract } from './proves-contract.js';
import { SETTINGS } from './settings.js';

provesContract(
  'MemoryBroker',
  () => ({
    node: () => ({ createBroker: () => new MemoryBroker(SETTINGS) }),
    close: () => Promise.resolve(),
  }),
  // Broker, messages and node are one process.
  { cannot: ['serve several nodes', 'lose its connection', 'lose messages'] },
);
