import { ReplyError } from 'ioredis';

/**
 * - `moved`: another master has the slot, for good.
 * - `demoted`: this one is a replica now, without a cluster.
 * - `ask`: another one has what this call is about, while the slot moves.
 * - `again`: some of it is here and some of it there.
 */
export type Redirection =
  | { readonly kind: 'moved' | 'demoted' | 'again' }
  | { readonly kind: 'ask'; readonly address: string };

/** What Redis answers instead of carrying a command out, if this is such an answer. */
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
