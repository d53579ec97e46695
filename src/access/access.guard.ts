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

/** What a route does with its channels. */
export const Access = (action: Action): CustomDecorator => SetMetadata(ACCESS, action);

/** Whom the guard has let in, and to what. */
export interface Admitted {
  readonly identity: Identity | undefined;
  /** At least one, each of them once. */
  readonly channels: readonly [Channel, ...Channel[]];
}

type ChannelRequest = Asker['request'] & {
  params?: { channel?: unknown };
  query?: { channel?: unknown };
  [ADMITTED]?: Admitted;
};

/**
 * What the guard found. The controllers work with this, and read nothing of it from the request again: what an
 * app's own pipes make of a name is not what was allowed.
 */
export const Admission = createParamDecorator((_: unknown, context: ExecutionContext): Admitted => {
  const admitted = context.switchToHttp().getRequest<ChannelRequest>()[ADMITTED];
  if (!admitted) {
    throw new Error('Birdsong: a route without AccessGuard asked whom it has let in.');
  }
  return admitted;
});

/**
 * Asks the policy of every channel a request names. A guard, because guards decide before Nest opens an
 * event stream: what it refuses still gets its status.
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
 * Many a look-up answers null for nobody.
 * @throws Error for what is no identity, which is the app's own defect
 * @throws BirdsongError `unauthenticated` once it has expired
 */
function requireCurrent(identity: Identity | null | undefined): Identity | undefined {
  if (identity === undefined || identity === null) {
    return undefined;
  }
  const { id, expiresAt } = identity as { id: unknown; expiresAt?: unknown };
  if (typeof id !== 'string' || id.length > MAX_SENDER_LENGTH) {
    throw new Error(
      `Birdsong: the id of an identity is a string of ${MAX_SENDER_LENGTH} characters at most.`,
    );
  }
  if (expiresAt !== undefined && !(expiresAt instanceof Date)) {
    throw new Error('Birdsong: expiresAt of an identity is a Date.');
  }
  // An invalid date is after nothing.
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
