import type { Identity, IdentitySource, UnknownClaims } from '../channels/policy.js';

/**
 * Says who a request speaks for. The seam for sessions, tokens and the like: extend it and give it to the option
 * `identity`.
 */
export abstract class IdentityPort<Claims = UnknownClaims> implements IdentitySource<Claims> {
  /**
   * @param request the request as the HTTP adapter has it
   * @returns who it is, or `undefined` for a request without an identity
   * @throws BirdsongError `unauthenticated`, or an `UnauthorizedException`, for an identity that is claimed and not
   * proved
   */
  abstract identify(
    request: object,
  ): Identity<Claims> | undefined | Promise<Identity<Claims> | undefined>;
}
