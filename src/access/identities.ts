import { Injectable } from '@nestjs/common';
import type { Identity } from '../channels/policy.js';
import { BirdsongError } from '../errors/birdsong-error.js';
import { MAX_SENDER_LENGTH } from '../protocol/message-format.js';
import { IdentityPort } from './identity.port.js';
import { Revocations } from './revocations.js';

/** Asks the app who makes a request, and whether that still counts. */
@Injectable()
export class Identities {
  constructor(
    private readonly port: IdentityPort,
    private readonly revocations: Revocations,
  ) {}

  /**
   * @throws Error for a malformed identity, which is a defect of the app
   * @throws BirdsongError `unauthenticated` for an identity that has expired or was revoked; `broker-unavailable` while it is
   * not known whether it was
   */
  async current(request: object): Promise<Identity | undefined> {
    const identity = requireIdentity(await this.port.identify(request));
    if (identity && !this.revocations.isKnown) {
      throw new BirdsongError('broker-unavailable', 'Revocations are not known yet.', {
        retryAfterSeconds: 1,
      });
    }
    if (identity && this.revocations.cover(identity)) {
      throw new BirdsongError('unauthenticated', 'This identity has been revoked.');
    }
    return identity;
  }
}

/** Accepts null as well as undefined, as many look-ups return null when they find nobody. */
function requireIdentity(identity: Identity | null | undefined): Identity | undefined {
  if (identity === undefined || identity === null) {
    return undefined;
  }
  const { id, expiresAt } = identity as { id: unknown; expiresAt?: unknown };
  if (typeof id !== 'string' || id.length > MAX_SENDER_LENGTH) {
    throw new Error(
      `Birdsong: an identity's id must be a string of at most ${MAX_SENDER_LENGTH} characters.`,
    );
  }
  if (expiresAt !== undefined && !(expiresAt instanceof Date)) {
    throw new Error("Birdsong: an identity's expiresAt must be a Date.");
  }
  // Negated, so that an invalid date counts as expired.
  if (expiresAt && !(expiresAt.getTime() > Date.now())) {
    throw new BirdsongError('unauthenticated', 'This identity has expired.');
  }
  return identity;
}
