// The contract with another test runner, from the package as it is built: node --test test/contracts/node-test.mjs
import { brokerContract } from 'birdsong/testing/contract';
import { test } from 'node:test';
import { MemoryBroker } from '../../dist/engines/memory/memory.broker.js';

const createWorld = () => ({
  node: () => ({
    createBroker: () => new MemoryBroker({ idempotencyMs: 300_000, maxMessageBytes: 65_536 }),
  }),
  close: () => Promise.resolve(),
});

const cases = brokerContract(createWorld, {
  cannot: ['serve several nodes', 'lose its connection', 'lose messages'],
});
for (const { name, run } of cases) test(name, run);
