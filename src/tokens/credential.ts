import { parseCookie } from 'cookie';
import { BirdsongError } from '../errors/birdsong-error.js';

/** What the credential is read from: a request of any adapter. */
export interface CredentialRequest {
  readonly method?: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** The `Authorization` header of RFC 6750. */
const BEARER = /^Bearer +([\w.~+/-]+=*)$/i;

/** Methods that change nothing: a page of another origin gains nothing by causing them. */
const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/**
 * The token or API key of a request: from the `Authorization` header, otherwise from the cookie. Never from the URL,
 * which proxies log and browsers keep.
 * @throws BirdsongError `unauthenticated` for a malformed header; `forbidden` if a page of another origin sends with the
 * cookie
 */
export function credentialOf(
  request: CredentialRequest,
  cookieName: string | undefined,
  origins: readonly string[],
): string | undefined {
  const { authorization, cookie } = request.headers;
  if (typeof authorization === 'string' && /^Bearer\b/i.test(authorization)) {
    const token = BEARER.exec(authorization)?.[1];
    if (token === undefined) {
      throw new BirdsongError('unauthenticated', 'The Authorization header is malformed.');
    }
    return token;
  }
  if (cookieName === undefined || typeof cookie !== 'string') {
    return undefined;
  }
  const token = parseCookie(cookie)[cookieName];
  if (token === undefined || token === '') {
    return undefined;
  }
  if (!SAFE_METHODS.includes(request.method ?? '') && !isOfOwnPage(request, origins)) {
    throw new BirdsongError('forbidden', 'Pages of this origin may not send with a cookie.');
  }
  return token;
}

/** Browsers send a cookie with the requests of every page, but `Origin` and `Sec-Fetch-Site` tell which page it was. */
function isOfOwnPage({ headers }: CredentialRequest, origins: readonly string[]): boolean {
  const { origin, host } = headers;
  if (typeof origin === 'string') {
    return origins.includes(origin) || (URL.canParse(origin) && new URL(origin).host === host);
  }
  return headers['sec-fetch-site'] === 'same-origin';
}
