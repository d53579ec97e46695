import { decodeJwt, decodeProtectedHeader, errors, jwtVerify, type JWTPayload } from 'jose';
import { z } from 'zod';
import { IdentityPort } from '../access/identity.port.js';
import { clientLimitsSchema } from '../channels/client-limits.js';
import { patternOf } from '../channels/grants.js';
import type { Identity } from '../channels/policy.js';
import { BirdsongError } from '../errors/birdsong-error.js';
import { MAX_SENDER_LENGTH } from '../protocol/message-format.js';
import { ApiKeys, isApiKey } from './api-keys.js';
import { credentialOf, type CredentialRequest } from './credential.js';
import { keySourceOf, type KeySource } from './key-source.js';
import type { TokenClaims, TokenIdentityOptions, TokenIssuer } from './token-options.js';

const MAX_PATTERNS = 100;

const patterns = z.array(z.string().refine(isPattern)).max(MAX_PATTERNS).optional();

/** What the claim of a token may hold. Members that are not known are left to later versions. */
const grantsSchema = z.object({
  publish: patterns,
  subscribe: patterns,
  moderate: patterns,
  name: z.string().min(1).max(64).optional(),
  admin: z.boolean().optional(),
  limits: z.union([clientLimitsSchema, z.literal(false)]).optional(),
});

interface CheckedIssuer {
  readonly keys: KeySource;
  readonly names: readonly string[];
  readonly audience: string[] | undefined;
}

/**
 * Identities by JSON Web Token, in the `Authorization` header or a cookie, and by API key. A request with a token that
 * does not hold is refused, even where anyone may.
 *
 * ```ts
 * BirdsongModule.forRoot({ identity: new TokenIdentity({ issuers: [{ secret }] }), channels })
 * ```
 */
export class TokenIdentity extends IdentityPort<TokenClaims> {
  private readonly issuers: readonly CheckedIssuer[];
  private readonly apiKeys: ApiKeys;

  /** @throws Error that says which option is not valid, without showing a secret */
  constructor(private readonly options: TokenIdentityOptions) {
    super();
    this.issuers = (options.issuers ?? []).map(checkIssuer);
    this.apiKeys = new ApiKeys(options.apiKeys ?? []);
  }

  override async identify(request: object): Promise<Identity<TokenClaims> | undefined> {
    const { cookie, origins = [] } = this.options;
    const credential = credentialOf(request as CredentialRequest, cookie, origins);
    if (credential === undefined) {
      return undefined;
    }
    return isApiKey(credential) ? this.ofKey(credential) : this.ofToken(credential);
  }

  private ofKey(key: string): Identity<TokenClaims> {
    const identity = this.apiKeys.find(key);
    if (!identity) {
      throw new BirdsongError('unauthenticated', 'This API key is not known.');
    }
    return identity;
  }

  /** @throws BirdsongError `unauthenticated`, or `tokens-unavailable` if the keys cannot be fetched */
  private async ofToken(token: string): Promise<Identity<TokenClaims>> {
    try {
      return this.identityOf(await this.verify(token));
    } catch (error) {
      if (error instanceof BirdsongError) {
        throw error;
      }
      throw refusalOf(error);
    }
  }

  private async verify(token: string): Promise<JWTPayload> {
    const header = decodeProtectedHeader(token);
    const { iss } = decodeJwt(token);
    const { alg } = header;
    let refusal: unknown = new errors.JOSEAlgNotAllowed();
    for (const issuer of this.issuers) {
      // The algorithm decides which keys are tried, never the other way round, so that a public key cannot pass for a
      // secret.
      if (alg === undefined || !issuer.keys.algorithms.includes(alg) || !isOf(issuer, iss)) {
        continue;
      }
      for (const key of await issuer.keys.keysFor({ ...header, alg })) {
        try {
          const { payload } = await jwtVerify(token, key, {
            algorithms: [alg],
            ...(issuer.audience && { audience: issuer.audience }),
            clockTolerance: this.options.clockToleranceSeconds ?? 5,
            requiredClaims: ['sub', 'exp'],
          });
          return payload;
        } catch (error) {
          refusal = error;
        }
      }
    }
    throw refusal;
  }

  private identityOf(payload: JWTPayload): Identity<TokenClaims> {
    const { sub = '', exp = 0, iat, jti, admin } = payload;
    const granted = grantsSchema.safeParse(payload[this.options.claim ?? 'birdsong'] ?? {});
    if (sub === '' || sub.length > MAX_SENDER_LENGTH || !granted.success) {
      throw new BirdsongError('unauthenticated', 'The claims of the token are not valid.');
    }
    const { publish = [], subscribe = [], moderate = [], name, limits } = granted.data;
    const { admin: isAdmin = admin === true } = granted.data;
    return {
      id: sub,
      expiresAt: new Date(exp * 1000),
      grants: { publish, subscribe, moderate },
      limits,
      tokenId: jti,
      issuedAt: iat === undefined ? undefined : new Date(iat * 1000),
      claims: { ...payload, name, admin: isAdmin },
    };
  }
}

function checkIssuer(issuer: TokenIssuer): CheckedIssuer {
  return {
    keys: keySourceOf(issuer),
    names: listOf(issuer.issuer),
    audience: issuer.audience === undefined ? undefined : listOf(issuer.audience),
  };
}

const listOf = (value: string | readonly string[] = []): string[] =>
  typeof value === 'string' ? [value] : [...value];

const isOf = ({ names }: CheckedIssuer, iss: string | undefined): boolean =>
  names.length === 0 || (iss !== undefined && names.includes(iss));

function isPattern(source: string): boolean {
  try {
    return Boolean(patternOf(source));
  } catch {
    return false;
  }
}

/** Says no more than the holder of the token may know. */
function refusalOf(error: unknown): BirdsongError {
  const detail =
    error instanceof errors.JWTExpired
      ? 'The token has expired.'
      : error instanceof errors.JWTClaimValidationFailed && error.claim === 'nbf'
        ? 'The token is not valid yet.'
        : 'The token is not valid.';
  return new BirdsongError('unauthenticated', detail, { cause: error });
}
