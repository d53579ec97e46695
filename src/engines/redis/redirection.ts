import { ReplyError } from 'ioredis';

/**
 * - `moved`: another master now has the slot.
 * - `demoted`: without a cluster, this Redis has become a replica.
 * - `ask`: while the slot moves, another master already has these keys.
 * - `again`: while the slot moves, some keys are here and some are there.
 */
export type Redirection =
  | { readonly kind: 'moved' | 'demoted' | 'again' }
  | { readonly kind: 'ask'; readonly address: string };

/** The redirection that Redis answered in place of executing a command; undefined for any other error. */
export function redirectionOf(error: unknown): Redirection | undefined {
  if (!(error instanceof ReplyError)) {
    return undefined;
  }
  const [code, , address = ''] = (error as Error).message.split(' ');
  switch (code) {
    case 'MOVED':
      return { kind: 'moved' };
    case 'READONLY':
      return { kind: 'demoted' };
    case 'ASK':
      return { kind: 'ask', address };
    case 'TRYAGAIN':
      return { kind: 'again' };
    default:
      return undefined;
  }
}
