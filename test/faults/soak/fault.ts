import type { Dice } from './dice.js';

/** Inflicts a fault on a world and ends it. Recovery is up to the world. */
export type Fault<Place> = (place: Place, dice: Dice) => Promise<void>;

/** Faults by name. */
export type Faults<Place> = Readonly<Record<string, Fault<Place>>>;

/** Groups of faults: one of each may happen at the same time. */
export type Mix<Place> = readonly Faults<Place>[];

export interface Step {
  /** How many messages pass without a fault before it. */
  readonly calmCount: number;
  readonly faults: readonly { readonly name: string; readonly inflict: () => Promise<void> }[];
}

/** The next step. It depends on the dice alone, whatever happens meanwhile. */
export function nextStep<Place>(
  place: Place,
  mixes: readonly [Mix<Place>, ...Mix<Place>[]],
  dice: Dice,
): Step {
  const kinds = dice.pick(mixes);
  return {
    calmCount: dice.pick([0, 0, 5, 20]),
    faults: kinds.map((kind) => {
      const [name, fault] = dice.pick(Object.entries(kind) as [[string, Fault<Place>]]);
      const own = dice.another();
      return { name, inflict: () => fault(place, own) };
    }),
  };
}
