import type { Charge } from '../../broker/charge.js';
import type { LastPositions } from './last-positions.js';
import { ratesText, requireTaken } from './rates.js';
import type { RedisKeys } from './redis-keys.js';
import type { RedisShards } from './redis-shards.js';

/**
 * In a cluster, the rates of a client are rarely on the master of the channel. So they are taken before, and what was
 * taken for a send that then fails is lost.
 */
export class ClusterCharges {
  constructor(
    private readonly shards: RedisShards,
    private readonly keys: RedisKeys,
    private readonly lastPositions: LastPositions,
  ) {}

  /** @throws BirdsongError `too-many-requests` or `broker-unavailable` */
  async take(charge: Charge, channel: string, idempotencyKey: string | undefined): Promise<void> {
    const isRepeat =
      idempotencyKey !== undefined && (await this.isRemembered(channel, idempotencyKey));
    if (isRepeat) {
      return;
    }
    const isNew = !this.lastPositions.last(channel) && !(await this.hasMessages(channel));
    const key = this.keys.rates(charge.account);
    const { answer } = await this.shards.send(charge.account, 'commands', (commands) =>
      commands.birdsongTake(key, ratesText(charge), isNew ? '1' : ''),
    );
    requireTaken(answer, charge);
  }

  private async isRemembered(channel: string, idempotencyKey: string): Promise<boolean> {
    const key = this.keys.idempotency(channel, idempotencyKey);
    const { answer } = await this.shards.send(channel, 'commands', (commands) =>
      commands.exists(key),
    );
    return answer === 1;
  }

  /** Whether the channel ever had a message. */
  private async hasMessages(channel: string): Promise<boolean> {
    const { answer } = await this.shards.send(channel, 'commands', (commands) =>
      commands.hget(this.keys.meta(channel), 'offset'),
    );
    return (answer ?? '0') !== '0';
  }
}
