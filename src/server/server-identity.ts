import { Injectable } from '@nestjs/common';
import { IdentityPort } from '../access/identity.port.js';
import type { Identity } from '../channels/policy.js';
import { BirdsongError } from '../errors/birdsong-error.js';
import type { HttpRequest } from '../http/http-request.js';
import { Tickets } from '../rights/tickets.service.js';
import { TokenIdentity } from '../tokens/token-identity.js';

/** By one-time ticket in the URL, otherwise by token or API key. */
@Injectable()
export class ServerIdentity extends IdentityPort {
  constructor(
    private readonly tokens: TokenIdentity,
    private readonly tickets: Tickets,
  ) {
    super();
  }

  override async identify(request: HttpRequest): Promise<Identity | undefined> {
    const { ticket } = request.query as { ticket?: unknown };
    if (ticket === undefined) {
      return this.tokens.identify(request);
    }
    const identity = typeof ticket === 'string' ? await this.tickets.redeem(ticket) : undefined;
    if (!identity) {
      throw new BirdsongError('unauthenticated', 'The ticket does not count, or not any more.');
    }
    return identity;
  }
}
