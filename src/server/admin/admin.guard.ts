import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Identities } from '../../access/identities.js';
import { BirdsongError } from '../../errors/birdsong-error.js';

/** Lets in only identities with the claim `admin`. */
@Injectable()
export class AdminGuard implements CanActivate {
  constructor(private readonly identities: Identities) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const identity = await this.identities.current(context.switchToHttp().getRequest<object>());
    if (!identity) {
      throw new BirdsongError('unauthenticated', 'This needs an identity.');
    }
    if (identity.claims?.['admin'] !== true) {
      throw new BirdsongError('forbidden', 'This needs the claim `admin`.');
    }
    return true;
  }
}
