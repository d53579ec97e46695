import type { BrokerSettings } from '../../src/index.js';

/** The defaults of the module. */
export const SETTINGS: BrokerSettings = {
  idempotencyMs: 300_000,
  keepPositionsMs: 2_592_000_000,
  maxMessageBytes: 61_440,
};
