import {
  Injectable,
  SetMetadata,
  type CanActivate,
  type CustomDecorator,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { BirdsongError } from '../errors/birdsong.error.js';
import { ChannelPolicies, type Channel } from '../policies/channel-policies.js';
import type { Identity } from '../policies/policy.js';
import { IdentityPort } from './identity.port.js';

const ACCESS = 'birdsong:access';
const IDENTITY = Symbol('birdsong.identity');

/** What a route does with its channels. */
export const Access = (kind: 'publish' | 'subscribe'): CustomDecorator => SetMetadata(ACCESS, kind);

interface ChannelRequest {
  params?: { channel?: unknown };
  query?: { channel?: unknown };
  [IDENTITY]?: Identity | undefined;
}

/** Who the guard found behind the request. */
export const identityOf = (request: unknown): Identity | undefined =>
  (request as ChannelRequest)[IDENTITY];

/**
 * Asks the policy of every channel a request names. A guard, because guards decide before Nest opens an
 * event stream: what it refuses still gets its status.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly policies: ChannelPolicies,
    private readonly identities: IdentityPort,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const kind = this.reflector.get<'publish' | 'subscribe'>(ACCESS, context.getHandler());
    const request = context.switchToHttp().getRequest<ChannelRequest>();
    const channels = channelsOf(request).map((name) => this.policies.require(name));
    const identity = await this.identities.identify(request);
    for (const channel of channels) {
      if (!(await isAllowed(channel, kind, identity))) {
        throw refusal(channel, kind, identity);
      }
    }
    request[IDENTITY] = identity;
    return true;
  }
}

function channelsOf(request: ChannelRequest): readonly unknown[] {
  const named = request.params?.channel ?? request.query?.channel;
  return Array.isArray(named) ? named : [named];
}

async function isAllowed(
  channel: Channel,
  kind: 'publish' | 'subscribe',
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

function refusal(
  channel: Channel,
  kind: 'publish' | 'subscribe',
  identity: Identity | undefined,
): BirdsongError {
  const mayHelpToSignIn = channel.policy[kind] !== 'nobody';
  return identity === undefined && mayHelpToSignIn
    ? new BirdsongError('unauthenticated', 'This channel needs an identity.')
    : new BirdsongError('forbidden', `This channel does not allow you to ${kind}.`);
}
