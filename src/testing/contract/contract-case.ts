import type { CaseContext } from './case-context.js';
import type { Trait } from './world.js';

/** A guarantee of the port, by its number. */
export type Guarantee = 1 | 2 | 3 | 4 | 5 | 6 | 7;

/** A case for every broker, or for every broker with the trait. */
export interface CaseDefinition {
  readonly guarantee: Guarantee;
  readonly name: string;
  readonly run: (context: CaseContext) => Promise<void>;
  readonly trait?: Trait | undefined;
}

/** Defines a case that tests a guarantee. */
export function defineCase(
  guarantee: Guarantee,
  name: string,
  run: (context: CaseContext) => Promise<void>,
  trait?: Trait,
): CaseDefinition {
  return { guarantee, name, run, trait };
}
