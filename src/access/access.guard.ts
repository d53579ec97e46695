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
import { BirdsongError } from '../errors/birdsong-error.js';
import { BirdsongSettings } from '../config/birdsong-settings.js';
import { ChannelPolicies, type Channel } from '../channels/channel-policies.js';
import type { Asker, Identity } from '../channels/policy.js';
import { MAX_SENDER_LENGTH } from '../protocol/message-format.js';
import { firstRefused, type Action } from './first-refused.js';
import { IdentityPort } from './identity.port.js';

const ACCESS = 'birdsong:access';
const ADMITTED = Symbol('birdsong.admitted');

/** Says what a route does with its channels, which their policies must allow. */
export const Access = (action: Action): CustomDecorator => SetMetadata(ACCESS, action);

/** What the guard has admitted: an identity, and the channels it may use. */
export interface Admitted {
  readonly identity: Identity | undefined;
  /** At least one, without duplicates. */
  readonly channels: readonly [Channel, ...Channel[]];
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
    private readonly identities: IdentityPort,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const action = this.reflector.get<Action>(ACCESS, context.getHandler());
    const request = context.switchToHttp().getRequest<ChannelRequest>();
    const names = requireNames(namesOf(request), this.settings.maxChannelsPerStream);
    const channels = names.map((name) => this.policies.require(name));
    const identity = requireCurrent(await this.identities.identify(request));
    const refused = await firstRefused(channels, action, { identity, request });
    if (refused) {
      throw refusal(refused, action, identity);
    }
    request[ADMITTED] = { identity, channels: channels as [Channel, ...Channel[]] };
    return true;
  }
}

function namesOf(request: ChannelRequest): readonly unknown[] {
  const named = request.params?.channel ?? request.query?.channel ?? [];
  return Array.isArray(named) ? named : [named];
}

/**
 * Accepts null as well as undefined, as many look-ups return null when they find nobody.
 * @throws Error for a malformed identity, which is a defect of the app
 * @throws BirdsongError `unauthenticated` for an expired identity
 */
function requireCurrent(identity: Identity | null | undefined): Identity | undefined {
  if (identity === undefined || identity === null) {
    return undefined;
  }
  const { id, expiresAt } = identity as { id: unknown; expiresAt?: unknown };
  if (typeof id !== 'string' || id.length > MAX_SENDER_LENGTH) {
    throw new Error(
      `Birdsong: an identity's id must be a string of at most ${MAX_SENDER_LENGTH} characters.`,
    );
  }
  if (expiresAt !== undefined && !(expiresAt instanceof Date)) {
    throw new Error("Birdsong: an identity's expiresAt must be a Date.");
  }
  // Negated, so that an invalid date counts as expired.
  if (expiresAt && !(expiresAt.getTime() > Date.now())) {
    throw new BirdsongError('unauthenticated', 'This identity has expired.');
  }
  return identity;
}

function refusal(channel: Channel, action: Action, identity: Identity | undefined): BirdsongError {
  const mayHelpToSignIn = channel.policy[action] !== 'nobody';
  return identity === undefined && mayHelpToSignIn
    ? new BirdsongError('unauthenticated', 'This channel needs an identity.')
    : new BirdsongError('forbidden', `This channel does not allow you to ${action}.`);
}
