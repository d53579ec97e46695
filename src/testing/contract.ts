import { equal } from 'node:assert/strict';
import { closeCases } from './contract/close-cases.js';
import { connectionCases } from './contract/connection-cases.js';
import { defineCase, type CaseDefinition, type Guarantee } from './contract/contract-case.js';
import { deliverCases } from './contract/deliver-cases.js';
import { inTime } from './contract/eventually.js';
import { lossCases } from './contract/loss-cases.js';
import { publishCases } from './contract/publish-cases.js';
import { readCases } from './contract/read-cases.js';
import { reviseCases } from './contract/revise-cases.js';
import { CaseContext } from './contract/case-context.js';
import type { BrokerWorld, Trait } from './contract/world.js';

export type { Guarantee } from './contract/contract-case.js';
export type { BrokerNode, BrokerWorld, Link, Store, Trait } from './contract/world.js';

/** One test of a broker. */
export interface ContractCase {
  /** The guarantee of the port that it tests, by number. */
  readonly guarantee: Guarantee;
  /** A sentence, unique among the cases. */
  readonly name: string;
  /** Creates a world of its own and closes it. Rejects if the broker does not keep the guarantee. */
  readonly run: () => Promise<void>;
}

export interface ContractOptions {
  /**
   * What cannot happen to this broker: one in the same process as its messages, for example, cannot lose its
   * connection. Default: nothing; everything is tested.
   */
  readonly cannot?: readonly Trait[];
}

const DEFINITIONS: readonly CaseDefinition[] = [
  ...publishCases,
  ...deliverCases,
  ...readCases,
  ...reviseCases,
  ...connectionCases,
  ...lossCases,
  ...closeCases,
];

/**
 * The guarantees of every `Broker`, as test cases for any test runner:
 *
 * ```ts
 * for (const { name, run } of brokerContract(createWorld)) {
 *   test(name, run, 30_000);
 * }
 * ```
 *
 * The cases must run one after the other. Most take milliseconds; allow each 30 s.
 *
 * @param createWorld creates the world of one case
 */
export function brokerContract(
  createWorld: () => BrokerWorld | Promise<BrokerWorld>,
  { cannot = [] }: ContractOptions = {},
): ContractCase[] {
  const definitions = DEFINITIONS.filter(({ trait }) => !trait || !cannot.includes(trait));
  return [...definitions, ...cannot.map(declared)].map(({ guarantee, name, run }) => ({
    guarantee,
    name,
    run: async () => {
      const context = new CaseContext(await createWorld());
      try {
        await inTime(run(context));
      } finally {
        await context.close();
      }
    },
  }));
}

/** Gives each trait that is not tested a line in the report, and checks that the world does not contradict it. */
function declared(trait: Trait): CaseDefinition {
  const guarantee = {
    'serve several nodes': 1,
    'lose its connection': 3,
    'lose messages': 5,
  } as const;
  return defineCase(
    guarantee[trait],
    `is declared as one that cannot ${trait}`,
    async (context) => {
      const node = await context.node();
      if (trait === 'lose its connection') {
        equal(node.link, undefined, 'a node that has a link can lose its connection');
      }
      if (trait === 'lose messages') {
        equal(context.hasStore, false, 'a world that has a store can lose messages');
      }
    },
  );
}
