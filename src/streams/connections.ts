import { BirdsongError } from '../errors/birdsong-error.js';
import type { ClosingReason } from '../protocol/control-events.js';
import type { Stream } from './stream.js';
import type { StreamRegistry } from './stream-registry.js';

/** Selects connections: those that match every given field. */
export interface ConnectionFilter {
  readonly id?: string | undefined;
  /** The id of an identity. */
  readonly identity?: string | undefined;
  /** The name of a channel. */
  readonly channel?: string | undefined;
}

/** An open event stream of this node. */
export interface Connection {
  readonly id: string;
  /** The id of the identity whose stream it is. Absent for a stream without one. */
  readonly identity?: string;
  readonly channels: readonly string[];
  readonly openedAt: Date;
}

export interface EndOptions {
  /** The reason in `stream.closing`. Default `revoked`. */
  readonly reason?: ClosingReason | undefined;
  /** Whether the client is told to come back. Default false. */
  readonly reconnect?: boolean | undefined;
}

/** Lists and ends the open event streams of this node. A stream that is ending no longer counts. */
export class Connections {
  constructor(private readonly registry: StreamRegistry) {}

  /**
   * Lists the connections that match.
   * @param filter default: all connections
   */
  list(filter: ConnectionFilter = {}): Connection[] {
    return this.find(filter).map((stream) => ({
      id: stream.id,
      ...(stream.identity && { identity: stream.identity.id }),
      channels: stream.feeds.map(({ channel }) => channel.name),
      openedAt: new Date(stream.openedAtMs),
    }));
  }

  /**
   * Ends the streams that match. Each gets `stream.closing` with the reason, and ends.
   * @returns how many matched
   * @throws BirdsongError `invalid-request` for an empty filter, which would end them all
   */
  end(
    filter: ConnectionFilter,
    { reason = 'revoked', reconnect = false }: EndOptions = {},
  ): number {
    requireFilter(filter);
    const streams = this.find(filter);
    for (const stream of streams) {
      stream.end(reason, reconnect);
    }
    return streams.length;
  }

  /** @internal */
  find({ id, identity, channel }: ConnectionFilter): Stream[] {
    const candidates =
      identity !== undefined
        ? this.registry.ofIdentity(identity)
        : channel !== undefined
          ? this.registry.ofChannel(channel)
          : this.registry.all;
    return [...candidates].filter(
      (stream) =>
        stream.closingReason === undefined &&
        (id === undefined || stream.id === id) &&
        (channel === undefined || stream.feeds.some((feed) => feed.channel.name === channel)),
    );
  }
}

/** @throws BirdsongError `invalid-request` for an empty filter */
export function requireFilter(filter: ConnectionFilter): void {
  if (Object.values(filter).every((value) => value === undefined)) {
    throw new BirdsongError('invalid-request', 'A filter needs an id, an identity or a channel.');
  }
}
