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
import { BirdsongError } from '../errors/birdsong.error.js';
import { BirdsongSettings } from '../config/birdsong.settings.js';
import { ChannelPolicies, type Channel } from '../channels/channel-policies.js';
import type { Identity } from '../channels/policy.js';
import { IdentityPort } from './identity.port.js';

const ACCESS = 'birdsong:access';
const ADMITTED = Symbol('birdsong.admitted');

type Kind = 'publish' | 'subscribe';

/** What a route does with its channels. */
export const Access = (kind: Kind): CustomDecorator => SetMetadata(ACCESS, kind);

/** Whom the guard has let in, and to what. */
export interface Admitted {
  readonly identity: Identity | undefined;
  /** At least one, each of them once. */
  readonly channels: readonly [Channel, ...Channel[]];
}

interface ChannelRequest {
  params?: { channel?: unknown };
  query?: { channel?: unknown };
  [ADMITTED]?: Admitted;
}

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
    const kind = this.reflector.get<Kind>(ACCESS, context.getHandler());
    const request = context.switchToHttp().getRequest<ChannelRequest>();
    const names = requireNames(namesOf(request), this.settings.maxChannelsPerStream);
    const channels = names.map((name) => this.policies.require(name));
    const identity = await this.identities.identify(request);
    for (const channel of channels) {
      if (!(await isAllowed(channel, kind, identity))) {
        throw refusal(channel, kind, identity);
      }
    }
    request[ADMITTED] = { identity, channels: channels as [Channel, ...Channel[]] };
    return true;
  }
}

function namesOf(request: ChannelRequest): readonly unknown[] {
  const named = request.params?.channel ?? request.query?.channel ?? [];
  return Array.isArray(named) ? named : [named];
}

async function isAllowed(
  channel: Channel,
  kind: Kind,
  identity: Identity | undefined,
): Promise<boolean> {
  const rule = channel.policy[kind];
  switch (rule) {
    case 'anyone':
      return true;
    case 'authenticated':
      return identity !== undefined;
    case 'nobody':
      return false;
    default:
      return rule({ channel: channel.name, params: channel.params, identity });
  }
}

function refusal(channel: Channel, kind: Kind, identity: Identity | undefined): BirdsongError {
  const mayHelpToSignIn = channel.policy[kind] !== 'nobody';
  return identity === undefined && mayHelpToSignIn
    ? new BirdsongError('unauthenticated', 'This channel needs an identity.')
    : new BirdsongError('forbidden', `This channel does not allow you to ${kind}.`);
}
