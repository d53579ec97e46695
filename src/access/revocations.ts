import { Injectable } from '@nestjs/common';
import type { Identity } from '../channels/policy.js';

/** Takes away what an identity or a token was given. */
export interface Revocation {
  /** The id of an identity: everything that was issued to it until `atMs`. */
  readonly identity?: string | undefined;
  /** The id of one token. */
  readonly token?: string | undefined;
  /** The id of a one-time ticket. */
  readonly ticket?: string | undefined;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

/** How long a revocation counts: longer than any token should. */
export const KEEP_REVOCATIONS_SECONDS = 366 * 86_400;

/** What has been revoked, as far as this node knows. */
@Injectable()
export class Revocations {
  /** Whether this node has learnt of earlier ones. Until then, nobody can say whether an identity still counts. */
  isKnown = false;
  /** When each was revoked, the earliest first. */
  private readonly identities = new Map<string, number>();
  private readonly tokens = new Map<string, number>();
  private readonly tickets = new Map<string, number>();

  add({ identity, token, ticket, atMs }: Revocation): void {
    if (ticket !== undefined) {
      note(this.tickets, ticket, atMs);
    }
    if (identity !== undefined) {
      note(this.identities, identity, atMs);
    }
    if (token !== undefined) {
      note(this.tokens, token, atMs);
    }
  }

  /** Whether this identity has been revoked, or the token or ticket that it came with. */
  cover({ id, tokenId, ticketId, issuedAt }: Identity): boolean {
    const revokedAt = this.identities.get(id);
    return (
      (tokenId !== undefined && this.tokens.has(tokenId)) ||
      (ticketId !== undefined && this.tickets.has(ticketId)) ||
      (revokedAt !== undefined && !(issuedAt && issuedAt.getTime() > revokedAt))
    );
  }
}

function note(map: Map<string, number>, id: string, atMs: number): void {
  const latest = Math.max(atMs, map.get(id) ?? 0);
  map.delete(id);
  map.set(id, latest);
  for (const [oldest, revokedAt] of map) {
    if (revokedAt > Date.now() - KEEP_REVOCATIONS_SECONDS * 1000) {
      return;
    }
    map.delete(oldest);
  }
}
