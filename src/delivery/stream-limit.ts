import { Injectable } from '@nestjs/common';
import { limitsOf, type Client } from '../access/client.js';
import type { Channel } from '../channels/channel-policies.js';
import type { Policy } from '../channels/policy.js';
import { Count } from '../concurrency/count.js';
import { BirdsongSettings } from '../config/birdsong-settings.js';
import { BirdsongError } from '../errors/birdsong-error.js';
import { overloaded } from '../errors/overloaded.js';

/** When a client that has too many readers should try again. Nobody knows when it closes one. */
const RETRY_AFTER_SECONDS = 10;

/** What a reader takes: a place of this node, and one of its client in the channels of each policy. */
export interface Places {
  /** Undefined if the app opens the stream itself: then no client's limits apply. */
  readonly client: Client | undefined;
  readonly channels: readonly Channel[];
}

/** Bounds how many clients read from this node at the same time, by a stream or a waiting long-poll, and how often each. */
@Injectable()
export class StreamLimit {
  private count = 0;
  private readonly byAccount = new Count();

  constructor(private readonly settings: BirdsongSettings) {}

  /** @throws BirdsongError `overloaded` */
  requireRoom(): void {
    if (this.count >= this.settings.maxStreams) {
      throw overloaded('This node has reached its limit of readers.');
    }
  }

  /** @throws BirdsongError `too-many-requests` if the client has all the readers that it may have */
  requireRoomFor(places: Places): void {
    for (const { account, max } of accountsOf(places)) {
      if (this.byAccount.get(account) >= max) {
        throw new BirdsongError('too-many-requests', 'You have too many streams open.', {
          retryAfterSeconds: RETRY_AFTER_SECONDS,
        });
      }
    }
  }

  /**
   * Takes places. The caller must `leave` once with the same.
   * @throws BirdsongError `overloaded`
   */
  enter(places: Places): void {
    this.requireRoom();
    this.count++;
    accountsOf(places).forEach(({ account }) => this.byAccount.add(account));
  }

  leave(places: Places): void {
    this.count--;
    accountsOf(places).forEach(({ account }) => this.byAccount.remove(account));
  }
}

function accountsOf({ client, channels }: Places): { account: string; max: number }[] {
  if (!client) {
    return [];
  }
  const policies = new Set<Policy>(channels.map(({ policy }) => policy));
  return [...policies].flatMap((policy) => {
    const max = limitsOf(client, policy).streams;
    return max === undefined ? [] : [{ account: client.accountOf(policy), max }];
  });
}
