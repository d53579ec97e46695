import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';

/** What a token says beside its subject and its grants. */
export interface TokenOptions {
  sub?: string | undefined;
  publish?: readonly string[];
  subscribe?: readonly string[];
  moderate?: readonly string[];
  admin?: boolean;
  issuer?: string;
  audience?: string;
  jti?: string;
  /** Seconds from now. */
  expires?: number | undefined;
  notBefore?: number;
  /** Seconds before now at which it was issued. Default 0. */
  issuedAgo?: number;
  /** The whole claim, in place of the grants. */
  claim?: unknown;
}

export const ISSUER = 'https://login.test/';
export const AUDIENCE = 'birdsong-test';
export const SECRET = 'a secret of the tests, and of no one else';

/** What the server needs to take the tokens that `token()` makes. */
export const SECRET_ENV = { JWT_SECRET: SECRET, JWT_ISSUER: ISSUER, JWT_AUDIENCE: AUDIENCE };

type Key = CryptoKey | Uint8Array;

/** Signs a token for `sub`, by default one of this issuer and audience that counts for an hour. */
export function token(
  options: TokenOptions = {},
  key: Key = Buffer.from(SECRET),
  header: { alg: string; kid?: string } = { alg: 'HS256' },
): Promise<string> {
  const { publish = [], subscribe = [], moderate, admin, sub = 'ada', expires = 3600 } = options;
  const { claim = { publish, subscribe, ...(moderate && { moderate }), ...(admin && { admin }) } } =
    options;
  const now = Math.floor(Date.now() / 1000);
  const signed = new SignJWT({ birdsong: claim })
    .setProtectedHeader(header)
    .setSubject(sub)
    .setIssuer(options.issuer ?? ISSUER)
    .setAudience(options.audience ?? AUDIENCE)
    .setIssuedAt(now - (options.issuedAgo ?? 0))
    .setExpirationTime(now + expires);
  if (options.jti !== undefined) signed.setJti(options.jti);
  if (options.notBefore !== undefined) signed.setNotBefore(now + options.notBefore);
  return signed.sign(key);
}

/** A token that is signed by nobody. */
export function unsigned(options: { sub: string }): string {
  const encode = (value: object): string =>
    Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const claims = { ...options, iss: ISSUER, aud: AUDIENCE, exp, birdsong: { subscribe: ['*'] } };
  return `${encode({ alg: 'none' })}.${encode(claims)}.`;
}

export interface KeyPair {
  readonly alg: string;
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly pem: string;
  readonly jwk: JWK;
}

export async function keyPair(alg: string, kid: string): Promise<KeyPair> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg };
  return { alg, kid, privateKey, pem: await exportSPKI(publicKey), jwk };
}

export const tokenOf = (pair: KeyPair, options: TokenOptions): Promise<string> =>
  token(options, pair.privateKey, { alg: pair.alg, kid: pair.kid });

/** A real HTTP server that publishes keys. */
export class JwksServer {
  keys: readonly JWK[] = [];
  requestCount = 0;
  /** Whether it accepts requests and never answers. */
  isHanging = false;

  /** What it answers instead of the keys. */
  body: unknown = '';

  private constructor(private readonly server: Server) {}

  static async start(port = 0): Promise<JwksServer> {
    const server = createServer();
    const jwks = new JwksServer(server);
    server.on('request', (_, response) => {
      jwks.requestCount += 1;
      if (jwks.isHanging) return;
      response.setHeader('Content-Type', 'application/json');
      response.end(
        jwks.body === '' ? JSON.stringify({ keys: jwks.keys }) : JSON.stringify(jwks.body),
      );
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return jwks;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/jwks.json`;
  }

  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}
