import type { Identity } from '../channels/policy.js';

/** Says who a request speaks for. The seam for sessions, tokens and the like. */
export abstract class IdentityPort {
  /**
   * @param request the request as the HTTP adapter has it
   * @returns who it is, or `undefined` for a request without an identity
   * @throws BirdsongError `unauthenticated` for an identity that is claimed and not proved
   */
  abstract identify(request: object): Identity | undefined | Promise<Identity | undefined>;
}
