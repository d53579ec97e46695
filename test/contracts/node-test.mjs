// The contract with another test runner: runners.spec.ts copies this into the package that is built, whose parts it loads.
import { brokerContract } from 'birdsong/testing/contract';
import { test } from 'node:test';
import { MemoryBroker } from './dist/engines/memory/memory-broker.js';

const settings = {
  idempotencyMs: 300_000,
  keepPositionsMs: 2_592_000_000,
  maxMessageBytes: 61_440,
};

const createWorld = () => ({
  node: () => ({
    createBroker: () => new MemoryBroker(settings),
  }),
  close: () => Promise.resolve(),
});

const cases = brokerContract(createWorld, {
  cannot: ['serve several nodes', 'lose its connection', 'lose messages'],
});
for (const { name, run } of cases) test(name, run);
