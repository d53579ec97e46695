import { SWC } from './scripts/swc.mjs';

/** Nest 12 is ESM only: see docs/decisions/0001-toolchain.md for how Jest runs it. */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.spec.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', SWC],
  },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  // Each spec starts real servers; two at a time is what two cores carry.
  maxWorkers: 2,
  // Ends what hangs, after the deadlines of the harness have said what is missing. No test is about it.
  testTimeout: 120_000,
};
