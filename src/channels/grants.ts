import { ChannelPattern } from './channel-pattern.js';
import type { Grants, Identity } from './policy.js';

/** The most patterns to keep compiled: tokens of different users have mostly the same ones. */
const MAX_COMPILED = 1000;

const compiled = new Map<string, ChannelPattern>();

/** @throws Error that quotes the pattern, if it is not valid */
export function patternOf(source: string): ChannelPattern {
  let pattern = compiled.get(source);
  if (!pattern) {
    pattern = new ChannelPattern(source);
    if (compiled.size >= MAX_COMPILED) {
      compiled.clear();
    }
    compiled.set(source, pattern);
  }
  return pattern;
}

/**
 * Whether a pattern of what this identity was granted matches the channel.
 * @throws Error that quotes the pattern, if one is not valid
 */
export function isGranted(
  identity: Identity | undefined,
  action: keyof Grants,
  channel: string,
): boolean {
  const patterns = identity?.grants?.[action] ?? [];
  return patterns.some((source) => patternOf(source).match(channel) !== undefined);
}
