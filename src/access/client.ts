import { createHash } from 'node:crypto';
import type { ClientLimits } from '../channels/client-limits.js';
import type { Identity, Policy } from '../channels/policy.js';
import { addressOf } from '../http/client-address.js';

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
    const who = identity ? `identity ${identity.id}` : `address ${addressOf(this.request)}`;
    return createHash('sha256').update(who).digest('base64url');
  }
}

/** The limits that apply to a client in the channels of a policy. */
export function limitsOf({ identity }: Client, { limits }: Policy): ClientLimits {
  const own = identity?.limits;
  return own === false ? {} : own ? { ...limits, ...own } : limits;
}
