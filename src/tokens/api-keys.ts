import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { ChannelPattern } from '../channels/channel-pattern.js';
import type { Identity } from '../channels/policy.js';
import type { ApiKey, TokenClaims } from './token-options.js';

/** What every key begins with, so that scanners for leaked secrets find it and nobody takes it for a token. */
const PREFIX = 'bsk_';

/** 256 random bits need no salt and no slow hash. */
const hashOf = (key: string): Buffer => createHash('sha256').update(key).digest();

/** Makes a new key. It is shown once; the server needs only its hash. */
export function newApiKey(): { readonly key: string; readonly sha256: string } {
  const key = PREFIX + randomBytes(32).toString('base64url');
  return { key, sha256: hashOf(key).toString('hex') };
}

export const isApiKey = (credential: string): boolean => credential.startsWith(PREFIX);

/** The API keys that count. */
export class ApiKeys {
  private readonly entries: readonly {
    readonly hash: Buffer;
    readonly identity: Identity<TokenClaims>;
  }[];

  /** @throws Error if a hash or a pattern is not valid */
  constructor(keys: readonly ApiKey[]) {
    this.entries = keys.map((key) => ({ hash: readHash(key), identity: identityOf(key) }));
  }

  /** Looks at every key, so that the time says nothing of which one comes close. */
  find(key: string): Identity<TokenClaims> | undefined {
    const hash = hashOf(key);
    return this.entries.filter((entry) => timingSafeEqual(entry.hash, hash)).at(0)?.identity;
  }
}

function readHash({ name, sha256 }: ApiKey): Buffer {
  if (!/^[0-9a-f]{64}$/i.test(sha256)) {
    throw new Error(`Birdsong: the API key "${name}" needs its SHA-256 as 64 hexadecimal digits.`);
  }
  return Buffer.from(sha256, 'hex');
}

function identityOf({ name, publish = [], subscribe = [], moderate = [], admin = false }: ApiKey) {
  for (const pattern of [...publish, ...subscribe, ...moderate]) {
    new ChannelPattern(pattern);
  }
  const claims: TokenClaims = { name, admin };
  // Servers send for many clients.
  return {
    id: `key:${name}`,
    claims,
    grants: { publish, subscribe, moderate },
    limits: false as const,
  };
}
