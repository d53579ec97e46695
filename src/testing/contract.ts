import { equal } from 'node:assert/strict';
import { closeCases } from './contract/close-cases.js';
import { connectionCases } from './contract/connection-cases.js';
import { defineCase, type CaseDefinition, type Guarantee } from './contract/contract-case.js';
import { deliverCases } from './contract/deliver-cases.js';
import { inTime } from './contract/eventually.js';
import { lossCases } from './contract/loss-cases.js';
import { publishCases } from './contract/publish-cases.js';
import { readCases } from './contract/read-cases.js';
import { CaseContext } from './contract/case-context.js';
import type { BrokerWorld, Trait } from './contract/world.js';

export type { Guarantee } from './contract/contract-case.js';
export type { BrokerNode, BrokerWorld, Link, Store, Trait } from './contract/world.js';

/** One thing that is shown of a broker. */
export interface ContractCase {
  /** Which of the port's guarantees it belongs to. */
  readonly guarantee: Guarantee;
  /** A sentence; no two cases have the same. */
  readonly name: string;
  /** Takes a world of its own and closes it. Rejects if the broker does not keep the guarantee. */
  readonly run: () => Promise<void>;
}

export interface ContractOptions {
  /**
   * What cannot befall this broker, as one that is in the same process as its messages cannot lose its connection.
   * Default: nothing; all of it is tried.
   */
  readonly cannot?: readonly Trait[];
}

const DEFINITIONS: readonly CaseDefinition[] = [
  ...publishCases,
  ...deliverCases,
  ...readCases,
  ...connectionCases,
  ...lossCases,
  ...closeCases,
];

/**
 * What every `Broker` has to guarantee, as cases for any test runner:
 *
 * ```ts
 * for (const { name, run } of brokerContract(createWorld)) {
 *   test(name, run, 30_000);
 * }
 * ```
 *
 * The cases can run one after the other only. Most are through in milliseconds; give each 30 s.
 *
 * @param createWorld makes what one case runs in
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

/** What is not tried has a line of its own in the report, and must not contradict the world. */
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
