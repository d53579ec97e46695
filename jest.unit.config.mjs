import all from './jest.config.mjs';

/** `npm run test:unit`: what needs Node and nothing else. Suites that run with each broker run with the one in memory. */
export default {
  ...all,
  globals: { brokers: ['memory'] },
  testMatch: [
    '<rootDir>/test/{concurrency,config,http,module,properties,streams}/*.spec.ts',
    '<rootDir>/test/bench/simulation.spec.ts',
    '<rootDir>/test/contracts/memory-*.spec.ts',
    '<rootDir>/test/faults/record/*.spec.ts',
    '<rootDir>/test/harness/{event-stream-parser,sse-reader}.spec.ts',
    '<rootDir>/test/redis/cluster-masters.spec.ts',
  ],
  // They need a build of the package.
  testPathIgnorePatterns: [
    '/test/module/(example|send-listen-stream|hostile-emitter).spec.ts$',
    // They fill sockets, which takes long.
    '/test/http/(slow-reader|total-unsent).spec.ts$',
  ],
};
