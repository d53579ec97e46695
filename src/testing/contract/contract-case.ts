import type { Scene } from './case-context.js';
import type { Trait } from './world.js';

/** A guarantee of the port, by its number there. */
export type Guarantee = 1 | 2 | 3 | 4 | 5 | 6;

/** What is shown of every broker that has the trait, if one is named. */
export interface ContractScript {
  readonly guarantee: Guarantee;
  readonly name: string;
  readonly play: (scene: Scene) => Promise<void>;
  readonly trait?: Trait | undefined;
}

/** Says what shows a guarantee. */
export function shows(
  guarantee: Guarantee,
  name: string,
  play: (scene: Scene) => Promise<void>,
  trait?: Trait,
): ContractScript {
  return { guarantee, name, play, trait };
}
