import { describe, test } from '@jest/globals';
import {
  brokerContract,
  type BrokerWorld,
  type ContractOptions,
} from '../../src/testing/contract.js';

/** The contract as tests of Jest. */
export function provesContract(
  name: string,
  createWorld: () => BrokerWorld | Promise<BrokerWorld>,
  options: ContractOptions = {},
): void {
  describe(`${name} guarantees:`, () => {
    for (const { guarantee, name: sentence, run } of brokerContract(createWorld, options)) {
      test(`${guarantee}. ${sentence}`, run);
    }
  });
}
