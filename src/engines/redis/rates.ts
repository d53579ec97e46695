import type { Charge } from '../../broker/charge.js';
import { tooManySends } from '../../errors/too-many-sends.js';

/** The rates as the scripts take them: see rates.lua. */
export function ratesText({ rates }: Charge): string {
  return rates
    .map(
      ({ name, cost, quota, quotaMs, isForNewChannel }) =>
        `${name} ${cost} ${quota} ${quotaMs} ${isForNewChannel ? 1 : 0} `,
    )
    .join('');
}

/** @throws BirdsongError `too-many-requests`, if a script has answered that a rate has too little left */
export function requireTaken([refused, how]: [string, string], charge: Charge | undefined): void {
  if (how === 'limited' && charge) {
    const [number = 1, waitMs = 0] = refused.split(' ').map(Number);
    const rate = charge.rates[number - 1];
    if (rate) {
      throw tooManySends(rate, waitMs);
    }
  }
}
