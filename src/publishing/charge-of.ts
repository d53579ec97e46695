import { limitsOf, type Client } from '../access/client.js';
import type { Publication } from '../broker/broker.port.js';
import type { Charge, Rate } from '../broker/charge.js';
import type { Channel } from '../channels/channel-policies.js';

const MINUTE_MS = 60_000;
/** How many seconds of sends may come at once, by default. */
const BURST_SECONDS = 10;

/** What these publications take from the client's rates in the channels of this pattern; undefined if it has none. */
export function chargeOf(
  client: Client,
  { policy }: Channel,
  publications: readonly Publication[],
): Charge | undefined {
  const { sendsPerSecond, bytesPerMinute, newChannelsPerMinute, ...limits } = limitsOf(
    client,
    policy,
  );
  const rates: Rate[] = [];
  if (sendsPerSecond !== undefined) {
    const quota = limits.sendBurst ?? Math.max(1, Math.ceil(BURST_SECONDS * sendsPerSecond));
    const quotaMs = (quota / sendsPerSecond) * 1000;
    rates.push({ name: 'sends', cost: publications.length, quota, quotaMs });
  }
  if (bytesPerMinute !== undefined) {
    const cost = publications.reduce((sum, { tail }) => sum + Buffer.byteLength(tail), 0);
    rates.push({ name: 'bytes', cost, quota: bytesPerMinute, quotaMs: MINUTE_MS });
  }
  if (newChannelsPerMinute !== undefined) {
    const quota = newChannelsPerMinute;
    rates.push({ name: 'new-channels', cost: 1, quota, quotaMs: MINUTE_MS });
  }
  return rates.length === 0 ? undefined : { account: client.accountOf(policy), rates };
}
