import { BirdsongError } from '../errors/birdsong-error.js';
import { requireChannelName } from './channel-name.js';
import { ChannelPattern } from './channel-pattern.js';
import { resolvePolicy, type Policy, type PolicyOptions } from './policy.js';

/** A channel's name and the policy that applies to it. */
export interface Channel {
  readonly name: string;
  readonly policy: Policy;
  /** The values of the pattern's `:name` segments. */
  readonly params: Readonly<Record<string, string>>;
}

/** Finds the policy of a channel: that of the first matching pattern, in the order written. */
export class ChannelPolicies {
  private readonly entries: readonly { pattern: ChannelPattern; policy: Policy }[];

  /** @throws Error that names the option, if a pattern or a policy is not valid */
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
