import { Injectable } from '@nestjs/common';
import {
  Broker,
  PAGE_BYTES,
  type PublishResult,
  type Batch,
  type BrokerChannel,
  type HistoryPage,
  type HistoryQuery,
  type ChannelListener,
  type Subscription,
} from '../../broker/broker.port.js';
import { gapBehind } from '../../broker/gap.js';
import { BrokerSettings } from '../../broker/broker-settings.js';
import type { Revision, RevisionResult } from '../../broker/revision.js';
import { OrderedSubscriptions } from '../../broker/ordered-subscriptions.js';
import { neverUsedTtlMs, positionTtlMs } from '../../broker/position-ttl.js';
import { databaseOf, type RedisSettings } from '../../config/redis-settings.js';
import type { UnavailableReason } from '../../errors/birdsong-error.js';
import { brokerUnavailable } from '../../errors/broker-unavailable.js';
import { ClusterCharges } from './cluster-charges.js';
import { LastPositions } from './last-positions.js';
import { decodeKept, encodePayload, requirePosition } from './payload.js';
import { unavailable } from './redis-client.js';
import { RedisKeys } from './redis-keys.js';
import { RedisShards } from './redis-shards.js';
import { RedisSubscriptions } from './redis-subscriptions.js';
import type { RedisShard } from './redis-shard.js';
import { ratesText, requireTaken } from './rates.js';
import { revisionArguments, revisionResult } from './revision-arguments.js';

/** The most bytes of messages that may wait for Redis to answer. Beyond that, a publish is refused at once. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
/** What a publish takes in memory in addition to its JSON. */
const SEND_BYTES = 1024;

/** An engine on Redis or a Redis Cluster, for any number of nodes, with history that outlives them. */
@Injectable()
export class RedisBroker extends Broker {
  override readonly takesCharges = true;
  private readonly keys: RedisKeys;
  private readonly subscriptions: RedisSubscriptions;
  private readonly shards: RedisShards;
  private readonly lastPositions = new LastPositions();
  private readonly charges: ClusterCharges;
  private waitingBytes = 0;

  constructor(
    private readonly settings: BrokerSettings,
    private readonly redis: RedisSettings,
  ) {
    super();
    this.keys = new RedisKeys(redis.keyPrefix, databaseOf(redis));
    this.shards = new RedisShards(redis, this.keys);
    const ordered = new OrderedSubscriptions(settings, (channel, query) =>
      this.readPage(channel, query, true),
    );
    this.subscriptions = new RedisSubscriptions(this.shards, this.keys, ordered);
    this.charges = new ClusterCharges(this.shards, this.keys, this.lastPositions);
  }

  override open(): Promise<void> {
    return this.shards.open();
  }

  override isAvailable(): boolean {
    return this.unavailableReason() === undefined;
  }

  override unavailableReason(): UnavailableReason | undefined {
    return this.shards.unavailableReason();
  }

  override publish(channel: BrokerChannel, batch: Batch): Promise<PublishResult> {
    const payloads = batch.publications.map(({ type, tail }) => encodePayload(type, tail));
    const bytes = payloads.reduce((sum, payload) => sum + payload.length, SEND_BYTES);
    return this.hold(bytes, () => this.append(channel, batch, payloads));
  }

  override subscribe(channel: BrokerChannel, listener: ChannelListener): Promise<Subscription> {
    return this.subscriptions.subscribe(channel, listener);
  }

  override read(channel: BrokerChannel, query: HistoryQuery): Promise<HistoryPage> {
    return this.readPage(channel, query, false);
  }

  override async revise(
    channel: BrokerChannel,
    revision: Revision,
    at: number,
  ): Promise<RevisionResult> {
    const { name, history } = channel;
    const { ageSeconds, bytes = Infinity, totalBytes = Infinity } = history;
    const known = this.lastPositions.last(name);
    const { answer, shard, isAsked } = await this.shards.send(name, 'sends', (commands, shard) =>
      commands.birdsongRevise(
        this.keys.meta(name),
        this.keys.history(name),
        this.keys.revised(name),
        this.keys.pubSub(name),
        history.count,
        ageSeconds * 1000,
        positionTtlMs(this.settings.keepPositionsMs, history),
        neverUsedTtlMs(this.settings.keepPositionsMs),
        known?.epoch ?? '',
        known?.offset ?? '',
        limitText(Math.min(bytes, totalBytes)),
        limitText(totalBytes),
        this.budgetOf(channel, shard),
        ...revisionArguments(name, revision, new Date(at).toISOString()),
      ),
    );
    const [result, first, payloads] = answer;
    if (first !== '') {
      const { epoch, offset } = requirePosition(first);
      this.lastPositions.add(name, { epoch, offset: offset + payloads.length - 1 });
      if (isAsked) {
        this.publishWhereSubscribed(name, [first, ...payloads].join('\n'));
      }
    }
    await this.requireReplicas(shard);
    return revisionResult(result);
  }

  override async close(): Promise<void> {
    this.subscriptions.close();
    await this.shards.close();
  }

  /** @param isWitness whether Redis itself gave this node the position `after` */
  private async readPage(
    channel: BrokerChannel,
    query: HistoryQuery,
    isWitness: boolean,
  ): Promise<HistoryPage> {
    const { name, history } = channel;
    const { after, before, limit } = query;
    const { answer } = await this.shards.send(name, 'commands', (commands, shard) =>
      commands.birdsongRead(
        this.keys.meta(name),
        this.keys.history(name),
        after?.epoch ?? '',
        after?.offset ?? '',
        before?.epoch ?? '',
        before?.offset ?? '',
        limit,
        history.ageSeconds * 1000,
        neverUsedTtlMs(this.settings.keepPositionsMs),
        PAGE_BYTES,
        isWitness ? '1' : '',
        limitText(history.totalBytes ?? Infinity),
        this.budgetOf(channel, shard),
        positionTtlMs(this.settings.keepPositionsMs, history),
      ),
    );
    const [epoch, newestText, isKnown, nextText, flat] = answer;
    const newest = requirePosition(newestText);
    const state = {
      isKnown: isKnown === '1',
      next: nextText === '' ? undefined : requirePosition(nextText),
      newest,
      end: { epoch: Number(epoch), offset: newest.offset },
    };
    const messages = [];
    for (let index = 0; index < flat.length; index += 2) {
      const position = requirePosition(flat[index] ?? '');
      messages.push(decodeKept(name, position, flat[index + 1] ?? ''));
    }
    return {
      messages: after ? messages : messages.reverse(),
      newest,
      gap: gapBehind(after, state),
    };
  }

  private async append(
    channel: BrokerChannel,
    { publications, createdAtMs, idempotencyKey, charge }: Batch,
    payloads: readonly string[],
  ): Promise<PublishResult> {
    const { name, history } = channel;
    const { ageSeconds, bytes = Infinity, totalBytes = Infinity } = history;
    const keys = [this.keys.meta(name), this.keys.history(name)];
    if (idempotencyKey !== undefined) {
      keys.push(this.keys.idempotency(name, idempotencyKey));
    }
    const known = this.lastPositions.last(name);
    const isChargedApart = charge !== undefined && this.redis.cluster !== undefined;
    if (isChargedApart) {
      await this.charges.take(charge, name, idempotencyKey);
    } else if (charge) {
      keys.push(this.keys.rates(charge.account));
    }
    const { answer, shard, isAsked } = await this.shards.send(name, 'sends', (commands, shard) =>
      commands.birdsongPublish(
        keys.length,
        ...keys,
        this.keys.pubSub(name),
        history.count,
        ageSeconds * 1000,
        positionTtlMs(this.settings.keepPositionsMs, history),
        neverUsedTtlMs(this.settings.keepPositionsMs),
        `${createdAtMs} ${publications.map(({ type }) => type).join(',')}`,
        this.settings.idempotencyMs,
        known?.epoch ?? '',
        known?.offset ?? '',
        limitText(Math.min(bytes, totalBytes)),
        limitText(totalBytes),
        this.budgetOf(channel, shard),
        charge && !isChargedApart ? ratesText(charge) : '',
        ...payloads,
      ),
    );
    requireTaken(answer, charge);
    const [remembered, repeat] = answer;
    const [firstText = '', createdAt = '', types = ''] = remembered.split(' ');
    const first = requirePosition(firstText);
    const duplicate = repeat === '1';
    if (!duplicate) {
      this.lastPositions.add(name, { ...first, offset: first.offset + payloads.length - 1 });
    }
    if (isAsked && !duplicate) {
      this.publishWhereSubscribed(name, [firstText, ...payloads].join('\n'));
    }
    await this.requireReplicas(shard);
    return { first, types: types.split(','), createdAtMs: Number(createdAt), duplicate };
  }

  /** Resolves once as many replicas as configured have what was written. */
  private async requireReplicas(shard: RedisShard): Promise<void> {
    if (this.redis.waitForReplicas > 0) {
      await shard.replicated().catch((cause: unknown) => {
        throw brokerUnavailable('no-replicas', {
          detail: 'The replicas of the message broker did not confirm in time.',
          cause,
        });
      });
    }
  }

  private budgetOf({ pattern, history }: BrokerChannel, { tag }: RedisShard): string {
    return history.totalBytes === undefined || tag === undefined
      ? ''
      : this.keys.budget(pattern, tag);
  }

  private async hold<T>(bytes: number, send: () => Promise<T>): Promise<T> {
    if (this.waitingBytes + bytes > MAX_WAITING_BYTES) {
      throw unavailable(undefined, 'Too many messages wait for the message broker.');
    }
    this.waitingBytes += bytes;
    try {
      return await send();
    } finally {
      this.waitingBytes -= bytes;
    }
  }

  /**
   * While a slot moves, the new shard may accept its messages while subscribers are still connected to the old one. A
   * subscriber that misses this message finds it in history once the slot has moved.
   */
  private publishWhereSubscribed(channel: string, text: string): void {
    this.shards
      .findShard(channel)
      ?.publish(this.keys.pubSub(channel), text)
      .catch(() => undefined);
  }
}

/** A limit as the scripts take it. */
const limitText = (limit: number): number | '' => (Number.isFinite(limit) ? limit : '');
