import type { CaseContext } from './case-context.js';
import type { Trait } from './world.js';

/** A guarantee of the port, by its number there. */
export type Guarantee = 1 | 2 | 3 | 4 | 5 | 6;

/** What is shown of every broker that has the trait, if one is named. */
export interface CaseDefinition {
  readonly guarantee: Guarantee;
  readonly name: string;
  readonly run: (context: CaseContext) => Promise<void>;
  readonly trait?: Trait | undefined;
}

/** Says what shows a guarantee. */
export function defineCase(
  guarantee: Guarantee,
  name: string,
  run: (context: CaseContext) => Promise<void>,
  trait?: Trait,
): CaseDefinition {
  return { guarantee, name, run, trait };
}
