import { z } from 'zod';

/**
 * What one client may do over Birdsong's HTTP routes in all channels of a pattern together. A client is an identity or,
 * without one, an IP address (of IPv6, a /64 network). Beyond a rate, a send gets 429, changes nothing, and is told when
 * to try again. With Redis, rates hold across nodes.
 */
export interface ClientLimits {
  /** Messages per second in the long run. Default no limit. */
  readonly sendsPerSecond?: number | undefined;
  /** Messages at once, after a time without any. Default ten times `sendsPerSecond`, and at least 1. */
  readonly sendBurst?: number | undefined;
  /** Bytes of messages, as they are stored, per minute. As much may come at once. Default no limit. */
  readonly bytesPerMinute?: number | undefined;
  /** Channels per minute that get their first message. As many may come at once. Default no limit. */
  readonly newChannelsPerMinute?: number | undefined;
  /** Streams and waiting long-polls at the same time, on each node. Default no limit. */
  readonly streams?: number | undefined;
  /** Channels of this pattern in one stream. Default: the option `maxChannelsPerStream`. */
  readonly channelsPerStream?: number | undefined;
}

const MAX = 1_000_000_000;
const count = z.number().int().min(1).max(MAX).optional();

export const clientLimitsSchema = z.strictObject({
  sendsPerSecond: z.number().min(0.001).max(1_000_000).optional(),
  sendBurst: count,
  bytesPerMinute: count,
  newChannelsPerMinute: count,
  streams: count,
  channelsPerStream: count,
});
