import { ChannelPattern } from './channel-pattern.js';
import type { Identity } from './policy.js';

/**
 * Whether a pattern of what this identity was granted matches the channel.
 * @throws Error that quotes the pattern, if one is not valid
 */
export function isGranted(
  identity: Identity | undefined,
  action: 'publish' | 'subscribe',
  channel: string,
): boolean {
  const patterns = identity?.grants?.[action] ?? [];
  return patterns.some((source) => new ChannelPattern(source).match(channel) !== undefined);
}
