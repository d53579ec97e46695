import { Injectable } from '@nestjs/common';
import {
  Broker,
  PAGE_BYTES,
  type Acceptance,
  type Batch,
  type BrokerChannel,
  type HistoryPage,
  type HistoryQuery,
  type Subscriber,
  type Subscription,
} from '../broker/broker.port.js';
import { gapBehind } from '../broker/gap.js';
import { NEVER_USED_TTL_MS, POSITION_TTL_MS } from '../broker/position-ttl.js';
import { BirdsongSettings, type RedisSettings } from '../options/birdsong.settings.js';
import { decodePayload, encodePayload, requirePosition } from './payload.js';
import { RedisConnections, unavailable } from './redis.connections.js';
import { RedisKeys } from './redis.keys.js';
import { RedisSubscriber } from './redis.subscriber.js';

/** Carries messages through Redis: any number of nodes, history that outlives them. */
@Injectable()
export class RedisBroker extends Broker {
  private readonly keys: RedisKeys;
  private readonly connections: RedisConnections;
  private readonly subscriber: RedisSubscriber;

  constructor(
    private readonly settings: BirdsongSettings,
    redis: RedisSettings,
  ) {
    super();
    this.keys = new RedisKeys(redis.keyPrefix);
    this.connections = new RedisConnections(redis);
    this.subscriber = new RedisSubscriber(this.connections, this.keys, redis.probeIntervalMs);
  }

  override async open(): Promise<void> {
    await this.connections.open();
    try {
      await this.subscriber.open();
    } catch (cause) {
      await this.close();
      throw cause;
    }
  }

  override isAvailable(): boolean {
    return this.connections.areReady();
  }

  override async publish(channel: BrokerChannel, batch: Batch): Promise<Acceptance> {
    const { name, history } = channel;
    const { publications, createdAtMs, idempotencyKey } = batch;
    const ageMs = history.ageSeconds * 1000;
    const keys = [this.keys.meta(name), this.keys.history(name)];
    if (idempotencyKey !== undefined) {
      keys.push(this.keys.idempotency(name, idempotencyKey));
    }
    const [remembered, repeat] = await this.connections.commands
      .birdsongPublish(
        keys.length,
        ...keys,
        this.keys.pubSub(name),
        history.count,
        ageMs,
        Math.max(POSITION_TTL_MS, ageMs),
        NEVER_USED_TTL_MS,
        `${createdAtMs} ${publications.map(({ type }) => type).join(',')}`,
        this.settings.idempotencyMs,
        ...publications.map(({ type, tail }) => encodePayload(type, tail)),
      )
      .catch(rejectAsUnavailable);
    const [first = '', createdAt = '', types = ''] = remembered.split(' ');
    return {
      first: requirePosition(first),
      types: types.split(','),
      createdAtMs: Number(createdAt),
      duplicate: repeat === '1',
    };
  }

  override subscribe(channel: BrokerChannel, subscriber: Subscriber): Promise<Subscription> {
    return this.subscriber.subscribe(channel.name, subscriber, (query) =>
      this.read(channel, query),
    );
  }

  override async read(channel: BrokerChannel, query: HistoryQuery): Promise<HistoryPage> {
    const { name, history } = channel;
    const { after, before, limit } = query;
    const [epoch, newestText, isKnown, nextText, flat] = await this.connections.commands
      .birdsongRead(
        this.keys.meta(name),
        this.keys.history(name),
        after?.epoch ?? '',
        after?.offset ?? '',
        before?.epoch ?? '',
        before?.offset ?? '',
        limit,
        history.ageSeconds * 1000,
        NEVER_USED_TTL_MS,
        PAGE_BYTES,
      )
      .catch(rejectAsUnavailable);
    const newest = requirePosition(newestText);
    const outlook = {
      isKnown: isKnown === '1',
      next: nextText === '' ? undefined : requirePosition(nextText),
      newest,
      end: { epoch: Number(epoch), offset: newest.offset },
    };
    const messages = [];
    for (let index = 0; index < flat.length; index += 2) {
      messages.push(decodePayload(requirePosition(flat[index] ?? ''), flat[index + 1] ?? ''));
    }
    return {
      messages: after ? messages : messages.reverse(),
      newest,
      gap: gapBehind(after, outlook),
    };
  }

  override async close(): Promise<void> {
    this.subscriber.close();
    await this.connections.close();
  }
}

function rejectAsUnavailable(cause: unknown): never {
  throw unavailable(cause);
}
