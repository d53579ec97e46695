import { Injectable, Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { KEEP_REVOCATIONS_SECONDS, Revocations, type Revocation } from '../access/revocations.js';
import { Broker } from '../broker/broker.port.js';
import { Retry } from '../concurrency/retry.js';
import { BirdsongError } from '../errors/birdsong-error.js';
import { HistoryService } from '../history/history.service.js';
import { requireFilter, type ConnectionFilter, type EndOptions } from '../streams/connections.js';
import { Streams } from '../streams/streams.js';
import { ticketIdOf } from './ticket-id.js';
import { NodeChannel } from './node-channel.js';

/** What to revoke: exactly one of them. */
export interface RevocationTarget {
  /** The id of an identity: what was issued to it until now. What it is given later counts. */
  readonly identity?: string | undefined;
  /** The id of a token (`jti`). */
  readonly token?: string | undefined;
  /** A one-time ticket, used or not. */
  readonly ticket?: string | undefined;
}

/** What all nodes shall do with their streams. */
interface Signal {
  readonly filter: ConnectionFilter;
  /** How to end them. Absent: ask the access rules again. */
  readonly end?: EndOptions | undefined;
}

/** The most revocations that are kept. */
const MAX_REVOCATIONS = 100_000;
/** How late a node may hear of a signal, for example after it was cut off from the broker. */
const SIGNAL_SECONDS = 60;
const RETRY_MAX_MS = 1000;

/** Takes rights away, on all nodes. */
@Injectable()
export class Rights {
  private readonly revoked: NodeChannel<Revocation>;
  private readonly signals: NodeChannel<Signal>;
  private readonly retry = new Retry(RETRY_MAX_MS);
  private readonly logger = new Logger('Birdsong');

  constructor(
    broker: Broker,
    private readonly revocations: Revocations,
    private readonly streams: Streams,
    private readonly history: HistoryService,
  ) {
    this.revoked = new NodeChannel<Revocation>(
      ...([broker, 'revocations'] as const),
      { count: MAX_REVOCATIONS, ageSeconds: KEEP_REVOCATIONS_SECONDS },
      (revocation) => this.apply(revocation),
    );
    this.signals = new NodeChannel<Signal>(
      ...([broker, 'signals'] as const),
      { count: 1000, ageSeconds: SIGNAL_SECONDS },
      (signal) => this.obey(signal),
    );
  }

  /** Learns what has been revoked, and listens from now on. If the broker does not answer, it goes on trying. */
  async open(): Promise<void> {
    try {
      await this.learn();
    } catch {
      this.retry.run('Revocations wait for the broker', () => this.learn()).catch(() => undefined);
    }
  }

  close(): void {
    this.retry.end();
    this.revoked.close();
    this.signals.close();
  }

  /**
   * Refuses an identity's or a token's requests from now on, and ends its streams. Resolves once the broker has it; then
   * every node knows it within moments, and so does one that starts later.
   * @throws BirdsongError `invalid-request`; `broker-unavailable` if only this node knows it, which goes on trying
   */
  async revoke({ identity, token, ticket }: RevocationTarget): Promise<void> {
    if ([identity, token, ticket].filter((one) => one !== undefined).length !== 1) {
      throw new BirdsongError('invalid-request', 'Revoke an identity, a token or a ticket.');
    }
    const revocation: Revocation = {
      ...{ identity, token, atMs: Date.now() },
      ticket: ticket === undefined ? undefined : ticketIdOf(ticket),
    };
    this.apply(revocation);
    const key = randomUUID();
    const publish = () => this.revoked.publish(revocation, key);
    try {
      await publish();
    } catch (error) {
      this.retry.run('A revocation waits for the broker', publish).catch(() => undefined);
      throw error;
    }
  }

  /**
   * Ends the open streams that match, on all nodes.
   * @throws BirdsongError `invalid-request` for an empty filter; `broker-unavailable`
   */
  async disconnect(filter: ConnectionFilter, options: EndOptions = {}): Promise<void> {
    requireFilter(filter);
    const { reason = 'disconnected', reconnect = true } = options;
    await this.signals.publish({ filter, end: { reason, reconnect } }, randomUUID());
  }

  /**
   * Asks the access rules again about the open streams that match, on all nodes, and ends those that they refuse. Streams
   * that an app opens itself were never asked for, and stay.
   * @throws BirdsongError as `disconnect`
   */
  async recheck(filter: ConnectionFilter): Promise<void> {
    requireFilter(filter);
    await this.signals.publish({ filter }, randomUUID());
  }

  private async learn(): Promise<void> {
    await Promise.all([this.revoked.subscribe(), this.signals.subscribe()]);
    await this.revoked.readAll();
    this.revocations.isKnown = true;
  }

  private apply(revocation: Revocation): void {
    this.revocations.add(revocation);
    this.streams.endRevoked(revocation);
    this.history.endRevoked();
  }

  private obey({ filter, end }: Signal): void {
    if (end) {
      this.streams.connections.end(filter, end);
    } else {
      this.streams.recheck(filter).catch((error: unknown) => this.logger.error(String(error)));
    }
  }
}
