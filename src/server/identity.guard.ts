import {
  createParamDecorator,
  Injectable,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { Identities } from '../access/identities.js';
import type { Identity } from '../channels/policy.js';
import { BirdsongError } from '../errors/birdsong-error.js';

const IDENTITY = Symbol('birdsong.identity');

type IdentifiedRequest = object & { [IDENTITY]?: Identity };

/** Injects whom the guard let in. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): Identity => {
  const identity = context.switchToHttp().getRequest<IdentifiedRequest>()[IDENTITY];
  if (!identity) {
    throw new Error('@Caller() works only on a route with IdentityGuard.');
  }
  return identity;
});

/** Lets in only requests with an identity. */
@Injectable()
export class IdentityGuard implements CanActivate {
  constructor(private readonly identities: Identities) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<IdentifiedRequest>();
    const identity = await this.identities.current(request);
    if (!identity) {
      throw new BirdsongError('unauthenticated', 'This needs an identity.');
    }
    this.requireRight(identity);
    request[IDENTITY] = identity;
    return true;
  }

  /** @throws BirdsongError `forbidden` */
  protected requireRight(identity: Identity): void {
    if (identity.ticketId !== undefined) {
      throw new BirdsongError('forbidden', 'A ticket is for channels only.');
    }
  }
}
