import { createPublicKey, webcrypto, type KeyObject } from 'node:crypto';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type CryptoKey,
  type JWTHeaderParameters,
  type RemoteJWKSet,
} from 'jose';
import { BirdsongError } from '../errors/birdsong-error.js';
import type { TokenIssuer } from './token-options.js';

const MIN_SECRET_BYTES = 32;
const FETCH_TIMEOUT_MS = 5_000;
/** How often keys may be fetched because a token names one that is not known. */
const FETCH_COOLDOWN_MS = 2_000;

const HMAC = ['HS256', 'HS384', 'HS512'];
const RSA = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
const CURVES: Readonly<Record<string, string>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
};
const PUBLIC = [...RSA, ...Object.values(CURVES), 'EdDSA', 'Ed25519'];

export type Key = KeyObject | CryptoKey;

/** The keys of one issuer. */
export interface KeySource {
  /** The algorithms that these keys are for. A token with another one is never checked against them. */
  readonly algorithms: readonly string[];
  /**
   * The keys with which this token may have been signed.
   * @throws BirdsongError `tokens-unavailable` if they cannot be fetched
   */
  keysFor(header: JWTHeaderParameters): Promise<readonly Key[]>;
}

/** @throws Error that says what is wrong with the keys, without showing them */
export function keySourceOf({ secret, publicKeys, jwksUrl }: TokenIssuer): KeySource {
  if ([secret, publicKeys, jwksUrl].filter((one) => one !== undefined).length !== 1) {
    throw new Error('Birdsong: an issuer needs exactly one of secret, publicKeys and jwksUrl.');
  }
  if (secret !== undefined) {
    return fromSecret(secret);
  }
  return jwksUrl === undefined ? fromPublicKeys(publicKeys ?? []) : new JwksSource(jwksUrl);
}

function fromSecret(secret: string): KeySource {
  const key = Buffer.from(secret);
  // RFC 7518 §3.2: no shorter than the hash.
  if (key.length < MIN_SECRET_BYTES) {
    throw new Error(
      `Birdsong: a secret for tokens needs at least ${MIN_SECRET_BYTES} bytes: openssl rand -base64 48 makes one.`,
    );
  }
  const keys = new Map<string, Promise<CryptoKey>>();
  return {
    algorithms: HMAC,
    async keysFor({ alg }) {
      // Imported once, as that takes as long as a check.
      const imported = keys.get(alg) ?? importSecret(key, alg);
      keys.set(alg, imported);
      return [await imported];
    },
  };
}

const importSecret = (key: Buffer, alg: string): Promise<CryptoKey> =>
  webcrypto.subtle.importKey('raw', key, { name: 'HMAC', hash: alg.replace('HS', 'SHA-') }, false, [
    'verify',
  ]);

function fromPublicKeys(pems: readonly string[]): KeySource {
  const keys = pems.map(readPublicKey);
  const fits = (key: KeyObject, alg: string) => algorithmsOf(key).includes(alg);
  return {
    algorithms: keys.flatMap(algorithmsOf),
    keysFor: ({ alg }) => Promise.resolve(keys.filter((key) => fits(key, alg))),
  };
}

function readPublicKey(pem: string): KeyObject {
  if (pem.includes('PRIVATE KEY')) {
    throw new Error('Birdsong: a public key is needed to check tokens, and this key is private.');
  }
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    throw new Error('Birdsong: a public key is not valid PEM.');
  }
  if (algorithmsOf(key).length === 0) {
    throw new Error('Birdsong: a public key must be RSA, P-256, P-384, P-521 or Ed25519.');
  }
  return key;
}

function algorithmsOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): readonly string[] {
  switch (asymmetricKeyType) {
    case 'rsa':
      return RSA;
    case 'ed25519':
      return ['EdDSA', 'Ed25519'];
    case 'ec': {
      const algorithm = CURVES[asymmetricKeyDetails?.namedCurve ?? ''];
      return algorithm === undefined ? [] : [algorithm];
    }
    default:
      return [];
  }
}

class JwksSource implements KeySource {
  readonly algorithms = PUBLIC;
  private readonly remote: RemoteJWKSet;

  constructor(url: string) {
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
      throw new Error('Birdsong: jwksUrl must be an http or https URL.');
    }
    this.remote = createRemoteJWKSet(new URL(url), {
      timeoutDuration: FETCH_TIMEOUT_MS,
      cooldownDuration: FETCH_COOLDOWN_MS,
    });
  }

  async keysFor(header: JWTHeaderParameters): Promise<readonly Key[]> {
    try {
      return await keysIn(() => this.remote(header));
    } catch (cause) {
      const known = this.remote.jwks();
      const keys = known ? await keysIn(() => createLocalJWKSet(known)(header)) : [];
      if (keys.length > 0) {
        return keys;
      }
      throw new BirdsongError('tokens-unavailable', 'Tokens cannot be checked right now.', {
        retryAfterSeconds: 1,
        cause,
      });
    }
  }
}

/** @throws Error if the keys cannot be had; no error if none of them fits */
async function keysIn(find: () => Promise<CryptoKey>): Promise<CryptoKey[]> {
  try {
    return [await find()];
  } catch (error) {
    if (error instanceof errors.JWKSMultipleMatchingKeys) {
      const keys = [];
      for await (const key of error) {
        keys.push(key);
      }
      return keys;
    }
    if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JOSENotSupported) {
      return [];
    }
    throw error;
  }
}
