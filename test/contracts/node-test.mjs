// BIRDSONG=FOLDER node --test test/contracts/node-test.mjs
// The contract with another test runner, as the package in that folder exports it.
import { createRequire } from 'node:module';
import { test } from 'node:test';

const require = createRequire(`${process.env.BIRDSONG}/package.json`);
const { brokerContract } = require('birdsong/testing/contract');
const { MemoryBroker } = require('./dist/cjs/engines/memory/memory.broker.js');

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
