import { Injectable } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { firstRefused } from '../access/first-refused.js';
import { Broker } from '../broker/broker.port.js';
import { requireNames } from '../channels/channel-name.js';
import { ChannelPolicies } from '../channels/channel-policies.js';
import type { Asker, Identity } from '../channels/policy.js';
import { BirdsongSettings } from '../config/birdsong-settings.js';
import { BirdsongError } from '../errors/birdsong-error.js';
import { NodeChannel } from './node-channel.js';
import { ticketIdOf } from './ticket-id.js';

/** A ticket as it is given out, once. */
export interface IssuedTicket {
  readonly ticket: string;
  readonly expiresAt: Date;
}

/** A ticket as the nodes know it. Dates are milliseconds since 1970. */
interface Ticket {
  readonly id: string;
  readonly expiresAtMs: number;
  readonly identity: Omit<Identity, 'expiresAt' | 'issuedAt'>;
  readonly identityExpiresAtMs: number | undefined;
  readonly identityIssuedAtMs: number | undefined;
}

const MAX_SECONDS = 30;
const MAX_COUNT = 100_000;

/**
 * One-time tickets: values for a URL, where no lasting secret may be. Each is for one identity and some channels, counts
 * for 30 s at most, and is redeemed once, on whichever node.
 */
@Injectable()
export class Tickets {
  /** Those that this node knows, by id, the oldest first. */
  private readonly issued = new Map<string, Ticket>();
  private readonly issues: NodeChannel<Ticket>;
  /** Redeemed is whoever publishes first: the broker decides, by the idempotency key. */
  private readonly claims: NodeChannel<object>;
  private readonly lifetimeMs: number;

  constructor(
    broker: Broker,
    private readonly policies: ChannelPolicies,
    private readonly settings: BirdsongSettings,
  ) {
    const history = { count: MAX_COUNT, ageSeconds: MAX_SECONDS };
    this.issues = new NodeChannel<Ticket>(broker, 'tickets', history, (one) => this.note(one));
    this.claims = new NodeChannel(broker, 'claims', { count: 1, ageSeconds: 1 }, () => undefined);
    // As long as a claim is remembered.
    this.lifetimeMs = Math.min(MAX_SECONDS * 1000, settings.idempotencyMs);
  }

  /**
   * @param identity whose ticket it is. Like every request, the one that redeems it must be allowed by the policies
   * @throws BirdsongError `invalid-channel`, `unknown-channel`, `invalid-request` for no channel or too many, `forbidden`
   * if the identity may not subscribe to all of them, `broker-unavailable`
   */
  async issue(
    identity: Identity,
    channels: readonly string[],
    request: Asker['request'],
  ): Promise<IssuedTicket> {
    const names = requireNames(channels, this.settings.maxChannelsPerStream);
    const found = names.map((name) => this.policies.require(name));
    if (await firstRefused(found, 'subscribe', { identity, request })) {
      throw new BirdsongError('forbidden', 'You may not subscribe to all of these channels.');
    }
    const ticket = randomBytes(32).toString('base64url');
    const id = ticketIdOf(ticket);
    const { expiresAt: end, issuedAt, ...rest } = identity;
    const expiresAtMs = Math.min(Date.now() + this.lifetimeMs, end?.getTime() ?? Infinity);
    const issued: Ticket = {
      ...{ id, expiresAtMs, identity: { ...rest, ticketId: id, channels } },
      identityExpiresAtMs: end?.getTime(),
      identityIssuedAtMs: issuedAt?.getTime(),
    };
    await this.issues.publish(issued, id);
    this.note(issued);
    return { ticket, expiresAt: new Date(expiresAtMs) };
  }

  /**
   * Returns whose ticket it was; undefined if it does not count, or not any more.
   * @throws BirdsongError `broker-unavailable`
   */
  async redeem(ticket: string): Promise<Identity | undefined> {
    const id = ticketIdOf(ticket);
    if (!this.issued.has(id)) {
      // Another node may have issued it.
      await this.issues.catchUp();
    }
    const found = this.issued.get(id);
    if (!found || found.expiresAtMs <= Date.now() || !(await this.claims.publish({}, id))) {
      return undefined;
    }
    const { identity, identityExpiresAtMs, identityIssuedAtMs } = found;
    return {
      ...identity,
      expiresAt: dateOf(identityExpiresAtMs),
      issuedAt: dateOf(identityIssuedAtMs),
    };
  }

  private note(ticket: Ticket): void {
    this.issued.set(ticket.id, ticket);
    for (const [id, { expiresAtMs }] of this.issued) {
      if (expiresAtMs > Date.now()) {
        return;
      }
      this.issued.delete(id);
    }
  }
}

const dateOf = (ms: number | undefined): Date | undefined =>
  ms === undefined ? undefined : new Date(ms);
