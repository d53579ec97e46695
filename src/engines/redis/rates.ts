import type { Charge, Rate } from '../../broker/charge.js';
import { tooManySends } from '../../errors/too-many-sends.js';

/** In the order of the scripts. */
const NAMES: readonly Rate['name'][] = ['sends', 'bytes', 'new-channels'];

const rateOf = ({ rates }: Charge, name: Rate['name'] | undefined): Rate | undefined =>
  rates.find((rate) => rate.name === name);

/** The rates as the scripts take them: see rates.lua. */
export function ratesText(charge: Charge): string {
  let text = '';
  for (const name of NAMES) {
    const rate = rateOf(charge, name);
    text += rate ? `${rate.cost} ${rate.quota} ${rate.quotaMs} ` : '0 0 0 ';
  }
  return text;
}

/** @throws BirdsongError `too-many-requests`, if a script has answered that a rate has too little left */
export function requireTaken([refused, how]: [string, string], charge: Charge | undefined): void {
  if (how === 'limited' && charge) {
    const [number = 1, waitMs = 0] = refused.split(' ').map(Number);
    const rate = rateOf(charge, NAMES[number - 1]);
    if (rate) {
      throw tooManySends(rate, waitMs);
    }
  }
}
