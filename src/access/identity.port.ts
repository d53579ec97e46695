import type { Identity, IdentitySource, UnknownClaims } from '../channels/policy.js';

/**
 * Says who a request speaks for. Extend it to use your own sessions or tokens, and pass it as the option `identity`.
 */
export abstract class IdentityPort<Claims = UnknownClaims> implements IdentitySource<Claims> {
  /**
   * @param request the HTTP adapter's request
   * @returns the identity, or `undefined` for a request without one
   * @throws BirdsongError `unauthenticated`, or an `UnauthorizedException`, for credentials that are not valid
   */
  abstract identify(
    request: object,
  ): Identity<Claims> | undefined | Promise<Identity<Claims> | undefined>;
}
