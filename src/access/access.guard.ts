import {
  Injectable,
  createParamDecorator,
  SetMetadata,
  type CanActivate,
  type CustomDecorator,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { requireNames } from '../channels/channel-name.js';
import { Count } from '../concurrency/count.js';
import { BirdsongError } from '../errors/birdsong-error.js';
import { BirdsongSettings } from '../config/birdsong-settings.js';
import { ChannelPolicies, type Channel } from '../channels/channel-policies.js';
import type { Asker, Identity } from '../channels/policy.js';
import { Client, limitsOf } from './client.js';
import { firstRefused, type Action } from './first-refused.js';
import { Identities } from './identities.js';

const ACCESS = 'birdsong:access';
const ADMITTED = Symbol('birdsong.admitted');

/** Says what a route does with its channels, which their policies must allow. */
export const Access = (action: Action): CustomDecorator => SetMetadata(ACCESS, action);

/** What the guard has admitted: an identity, and the channels it may use. */
export interface Admitted {
  readonly identity: Identity | undefined;
  readonly client: Client;
  /** At least one, without duplicates. */
  readonly channels: readonly [Channel, ...Channel[]];
  /** Asks the rules again. */
  readonly isStillAllowed: () => Promise<boolean>;
}

type ChannelRequest = Asker['request'] & {
  params?: { channel?: unknown };
  query?: { channel?: unknown };
  [ADMITTED]?: Admitted;
};

/**
 * Injects what the guard admitted. Controllers use this and never read the channel from the request again: an app's
 * own pipes may have changed it since the guard checked it.
 */
export const Admission = createParamDecorator((_: unknown, context: ExecutionContext): Admitted => {
  const admitted = context.switchToHttp().getRequest<ChannelRequest>()[ADMITTED];
  if (!admitted) {
    throw new Error('Birdsong: @Admission() works only on a route with AccessGuard.');
  }
  return admitted;
});

/**
 * Asks the policy of every channel that a request names. It is a guard because guards run before Nest opens an event
 * stream, so a refusal still gets its own status.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly policies: ChannelPolicies,
    private readonly settings: BirdsongSettings,
    private readonly identities: Identities,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const action = this.reflector.get<Action>(ACCESS, context.getHandler());
    const request = context.switchToHttp().getRequest<ChannelRequest>();
    const names = requireNames(namesOf(request), this.settings.maxChannelsPerStream);
    const channels = names.map((name) => this.policies.require(name));
    const identity = await this.identities.current(request);
    if (identity?.channels && !names.every((name) => identity.channels?.includes(name as string))) {
      throw new BirdsongError('forbidden', 'This ticket is for other channels.');
    }
    const client = new Client(request, identity);
    requireFewOfEach(channels, client);
    const ask = () => firstRefused(channels, action, { identity, request });
    const refused = await ask();
    if (refused) {
      throw refusal(refused, action, identity);
    }
    request[ADMITTED] = {
      ...{ identity, client, channels: channels as [Channel, ...Channel[]] },
      isStillAllowed: async () => (await ask()) === undefined,
    };
    return true;
  }
}

function namesOf(request: ChannelRequest): readonly unknown[] {
  const named = request.params?.channel ?? request.query?.channel ?? [];
  return Array.isArray(named) ? named : [named];
}

/** @throws BirdsongError `invalid-request` for more channels of one pattern than the client may name */
function requireFewOfEach(channels: readonly Channel[], client: Client): void {
  const counts = new Count();
  for (const { policy } of channels) {
    const max = limitsOf(client, policy).channelsPerStream ?? Infinity;
    counts.add(policy.pattern);
    if (counts.get(policy.pattern) > max) {
      const detail = `Name at most ${max} channels of ${policy.pattern}.`;
      throw new BirdsongError('invalid-request', detail);
    }
  }
}

function refusal(channel: Channel, action: Action, identity: Identity | undefined): BirdsongError {
  const mayHelpToSignIn = channel.policy[action] !== 'nobody';
  return identity === undefined && mayHelpToSignIn
    ? new BirdsongError('unauthenticated', 'This channel needs an identity.')
    : new BirdsongError('forbidden', `This channel does not allow you to ${action}.`);
}
