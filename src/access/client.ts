import { createHash } from 'node:crypto';
import type { ClientLimits } from '../channels/client-limits.js';
import type { Identity, Policy } from '../channels/policy.js';
import { addressOf, clientOf } from '../http/client-address.js';

/** The most addresses and identities whose hash is remembered. */
const MAX_HASHES = 10_000;

const hashes = new Map<string, string>();

/** Who makes a request, as limits count: its identity or, without one, its address. */
export class Client {
  private key: string | undefined;

  constructor(
    private readonly request: object,
    readonly identity: Identity | undefined,
  ) {}

  /**
   * Names what this client has used of the limits of a policy, in all processes the same. It holds a hash, so that stores
   * show neither addresses nor ids.
   */
  accountOf({ pattern }: Policy): string {
    return `${pattern}:${(this.key ??= this.hash())}`;
  }

  private hash(): string {
    const { identity } = this;
    return identity ? hashOf('identity', identity.id) : hashOf('address', addressOf(this.request));
  }
}

/** Hashing takes longer than all else that limits need, and most clients come again. */
function hashOf(kind: 'identity' | 'address', name: string): string {
  const key = `${kind} ${name}`;
  let hash = hashes.get(key);
  if (hash === undefined) {
    const who = kind === 'address' ? clientOf(name) : name;
    hash = createHash('sha256').update(`${kind} ${who}`).digest('base64url');
    if (hashes.size >= MAX_HASHES) {
      hashes.clear();
    }
    hashes.set(key, hash);
  }
  return hash;
}

/** The limits that apply to a client in the channels of a policy. */
export function limitsOf({ identity }: Client, { limits }: Policy): ClientLimits {
  const own = identity?.limits;
  return own === false ? {} : own ? { ...limits, ...own } : limits;
}
