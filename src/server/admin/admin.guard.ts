import { Injectable } from '@nestjs/common';
import type { Identity } from '../../channels/policy.js';
import { BirdsongError } from '../../errors/birdsong-error.js';
import { IdentityGuard } from '../identity.guard.js';

/** Lets in only identities with the claim `admin`. */
@Injectable()
export class AdminGuard extends IdentityGuard {
  protected override requireRight(identity: Identity): void {
    super.requireRight(identity);
    if (identity.claims?.['admin'] !== true) {
      throw new BirdsongError('forbidden', 'This needs the claim `admin`.');
    }
  }
}
