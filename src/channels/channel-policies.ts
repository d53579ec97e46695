import { BirdsongError } from '../errors/birdsong-error.js';
import { requireChannelName } from './channel-name.js';
import { ChannelPattern } from './channel-pattern.js';
import { resolvePolicy, type Policy, type PolicyOptions } from './policy.js';

/** A channel by name, with what holds for it. */
export interface Channel {
  readonly name: string;
  readonly policy: Policy;
  /** The values of the pattern's `:name` segments. */
  readonly params: Readonly<Record<string, string>>;
}

/** Finds what holds for a channel: the first pattern, in the order written, that matches. */
export class ChannelPolicies {
  private readonly entries: readonly { pattern: ChannelPattern; policy: Policy }[];

  /** @throws Error that names the option, when a pattern or a policy is not valid */
  constructor(policies: Readonly<Record<string, PolicyOptions>>) {
    this.entries = Object.entries(policies).map(([source, options]) => ({
      pattern: new ChannelPattern(source),
      policy: resolvePolicy(source, options),
    }));
  }

  /** @throws BirdsongError `invalid-channel` or `unknown-channel` */
  require(name: unknown): Channel {
    const channel = requireChannelName(name);
    for (const { pattern, policy } of this.entries) {
      const params = pattern.match(channel);
      if (params) {
        return { name: channel, policy, params };
      }
    }
    throw new BirdsongError('unknown-channel', 'No policy matches this channel.');
  }
}
