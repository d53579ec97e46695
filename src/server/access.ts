import { hasIdentities, type Environment } from './environment.js';
import { TokenIdentity } from '../tokens/token-identity.js';
import type { TokenIssuer } from '../tokens/token-options.js';

/** The cookie for tokens if only `SIGN_IN` needs one. */
const SIGN_IN_COOKIE = 'birdsong-token';

/** The name of the cookie that may hold a token; undefined if none may. */
export function cookieOf({ JWT_COOKIE, SIGN_IN }: Environment): string | undefined {
  return JWT_COOKIE ?? (SIGN_IN === 'development' ? SIGN_IN_COOKIE : undefined);
}

/** Who may use the server by which tokens and keys; undefined without any. */
export function tokensOf(environment: Environment): TokenIdentity | undefined {
  const { API_KEYS, JWT_CLAIM, JWT_CLOCK_TOLERANCE_SECONDS, CORS_ORIGINS } = environment;
  if (!hasIdentities(environment)) {
    return undefined;
  }
  return new TokenIdentity({
    issuers: issuersOf(environment),
    ...{ apiKeys: API_KEYS, cookie: cookieOf(environment), origins: CORS_ORIGINS },
    ...{ claim: JWT_CLAIM, clockToleranceSeconds: JWT_CLOCK_TOLERANCE_SECONDS },
  });
}

/** Each kind of key is an issuer of its own: the algorithm of a token says which it is. */
function issuersOf(environment: Environment): TokenIssuer[] {
  const { JWT_SECRET, JWT_PUBLIC_KEY, JWT_JWKS_URL } = environment;
  const { JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = environment;
  const keys: TokenIssuer[] = [
    ...(JWT_SECRET === undefined ? [] : [{ secret: JWT_SECRET }]),
    ...(JWT_PUBLIC_KEY === undefined ? [] : [{ publicKeys: JWT_PUBLIC_KEY }]),
    ...(JWT_JWKS_URL === undefined ? [] : [{ jwksUrl: JWT_JWKS_URL }]),
  ];
  return keys.map((key) => ({ ...key, issuer, audience }));
}
