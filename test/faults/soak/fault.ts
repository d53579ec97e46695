import type { Dice } from './dice.js';

/** Does harm to a world, and ends it; what comes after that is the world's own affair. */
export type Fault<Place> = (place: Place, dice: Dice) => Promise<void>;

/** Faults by their names. */
export type Faults<Place> = Readonly<Record<string, Fault<Place>>>;

/** What may come at the same time, one of each. */
export type Mix<Place> = readonly Faults<Place>[];

export interface Step {
  /** For how many messages there is peace before it. */
  readonly calmCount: number;
  readonly faults: readonly { readonly name: string; readonly inflict: () => Promise<void> }[];
}

/** What comes next. It follows from the dice alone, whatever happens meanwhile. */
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
