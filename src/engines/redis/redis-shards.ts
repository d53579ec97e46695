import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { RedisSettings } from '../../config/redis-settings.js';
import { ClusterTopology } from './cluster-topology.js';
import { redirectionOf, type Redirection } from './redirection.js';
import { unavailable } from './redis-client.js';
import type { RedisKeys } from './redis-keys.js';
import { RedisShard } from './redis-shard.js';
import type { ConnectionListener } from './subscriber-connection.js';
import { addressText, type RedisMaster, type RedisTopology } from './redis-topology.js';
import { SentinelTopology } from './sentinel-topology.js';
import { SingleTopology } from './single-topology.js';
import { SLOT_COUNT, slotOf } from './slots.js';
import { TopologyWatcher } from './topology-watcher.js';

const RETRY_MS = 50;

/** What the shards tell. */
export interface ShardsListener extends Omit<ConnectionListener, 'displaced'> {
  /** Channels may be at another shard than before. */
  settled(): void;
}

/** How a call is made. */
export interface Call {
  readonly shard: RedisShard;
  /** Whether it must be preceded by ASKING. */
  readonly isAsked: boolean;
}

/**
 * The masters that keep the channels, each with its slots: one that has all of them, or those of a cluster.
 * Follows them when they change.
 */
export class RedisShards {
  private readonly shards = new Map<string, RedisShard>();
  private readonly retiring = new Set<RedisShard>();
  /** By what a redirection may call them. */
  private readonly names = new Map<string, RedisShard>();
  private readonly owners = new Array<RedisShard | undefined>(SLOT_COUNT);
  private readonly watcher: TopologyWatcher;
  private readonly closing = new AbortController();
  private readonly logger = new Logger('Birdsong');
  private readonly nodeId = randomUUID();
  private listener: ShardsListener | undefined;
  private probing: NodeJS.Timeout | undefined;

  constructor(
    private readonly settings: RedisSettings,
    private readonly keys: RedisKeys,
  ) {
    this.watcher = new TopologyWatcher(
      topologyOf(settings),
      () =>
        [...this.shards.values()].flatMap(({ commands }) =>
          commands.status === 'ready' ? [commands] : [],
        ),
      (masters) => this.follow(masters),
    );
  }

  /** Whom all is told from now on. */
  setListener(listener: ShardsListener): void {
    this.listener = listener;
  }

  /** @throws BirdsongError `broker-unavailable` that names the address which does not do */
  async open(): Promise<void> {
    try {
      await this.watcher.open();
      await Promise.all([...this.shards.values()].map((shard) => shard.open()));
    } catch (cause) {
      await this.close();
      throw unavailable(cause, (cause as Error).message);
    }
    this.probing = setInterval(() => this.probe(), this.settings.probeIntervalMs).unref();
  }

  areReady(): boolean {
    const shards = [...this.shards.values()];
    return shards.every((shard) => shard.isReady()) && !this.owners.includes(undefined);
  }

  /** The shard that has the channel, if anybody serves its slot. */
  findShard(channel: string): RedisShard | undefined {
    return this.owners[slotOf(channel)];
  }

  /** @throws BirdsongError `broker-unavailable` if nobody serves the channel's slot */
  shardOf(channel: string): RedisShard {
    const owner = this.findShard(channel);
    if (!owner) {
      throw unavailable(undefined);
    }
    return owner;
  }

  /**
   * Makes a call to the shard that has the channel, and follows Redis' redirections. Nothing else is tried again:
   * who has no answer cannot know whether the call was carried out.
   * @throws BirdsongError `broker-unavailable`
   */
  async run<T>(channel: string, make: (call: Call) => Promise<T>): Promise<T> {
    const until = performance.now() + this.settings.commandTimeoutMs;
    let asked: RedisShard | undefined;
    for (;;) {
      const shard = asked ?? this.shardOf(channel);
      try {
        if (shard.isOpening()) {
          await shard.open().catch(() => undefined);
        }
        return await make({ shard, isAsked: asked !== undefined });
      } catch (error) {
        const redirection = redirectionOf(error);
        if (!redirection || performance.now() > until || this.closing.signal.aborted) {
          throw unavailable(error);
        }
        asked = await this.redirect(shard, redirection, channel);
        // Nobody has taken its place yet, which may take longer than anybody waits.
        if (redirection.kind === 'demoted' && shard === this.findShard(channel)) {
          throw unavailable(error);
        }
      }
    }
  }

  async close(): Promise<void> {
    this.closing.abort();
    clearInterval(this.probing);
    const shards = [...this.shards.values(), ...this.retiring];
    await Promise.all([this.watcher.close(), ...shards.map((shard) => shard.close())]);
  }

  /** Who is to be asked once; nobody, if it is the channel's shard, which may be another now. */
  private async redirect(
    from: RedisShard,
    redirection: Redirection,
    channel: string,
  ): Promise<RedisShard | undefined> {
    if (redirection.kind === 'ask' && this.names.has(redirection.address)) {
      return this.names.get(redirection.address);
    }
    if (redirection.kind !== 'again') {
      await this.watcher.ask();
    }
    if (from === this.findShard(channel) && redirection.kind !== 'demoted') {
      await pause(RETRY_MS, undefined, { signal: this.closing.signal }).catch(() => undefined);
    }
    return undefined;
  }

  private probe(): void {
    this.watcher.askSoon();
    for (const shard of this.shards.values()) {
      shard.subscriber.probe();
    }
  }

  private follow(masters: readonly RedisMaster[]): void {
    const gone = new Map(this.shards);
    this.names.clear();
    this.owners.fill(undefined);
    for (const master of masters) {
      const address = addressText(master);
      gone.delete(address);
      const known = this.shards.get(address);
      const shard = known ?? this.begin(master);
      this.shards.set(address, shard);
      this.give(shard, master);
      if (!known) {
        // In the background: what is sent to it meanwhile waits for that.
        shard.open().catch((error: unknown) => this.log((error as Error).message));
      }
    }
    gone.forEach((shard, address) => this.end(shard, address));
    this.listener?.settled();
    this.shards.forEach(({ subscriber }) => subscriber.restore());
  }

  private begin(master: RedisMaster): RedisShard {
    this.log(`Redis ${addressText(master)} is a master now.`);
    return new RedisShard(master, this.settings, {
      message: (name, text) => this.listener?.message(name, text),
      restored: (name) => this.listener?.restored(name),
      displaced: () => this.watcher.askSoon(),
    });
  }

  private give(shard: RedisShard, { slots, names }: RedisMaster): void {
    names.forEach((name) => this.names.set(name, shard));
    for (const [from, to] of slots) {
      this.owners.fill(shard, from, to + 1);
    }
    shard.subscriber.probeOn(
      slots.length > 0 ? this.keys.probe(this.nodeId, this.tagOf(shard)) : undefined,
    );
  }

  /** A tag in a slot of this shard, the same for the same slots. */
  private tagOf(shard: RedisShard): string {
    let tag = 0;
    while (this.owners[slotOf(String(tag))] !== shard) {
      tag++;
    }
    return String(tag);
  }

  private end(shard: RedisShard, address: string): void {
    this.log(`Redis ${address} is a master no more.`);
    this.shards.delete(address);
    this.retiring.add(shard);
    void shard.retire().then(() => this.retiring.delete(shard));
  }

  /** Of changes: with whom it begins is not worth a line. */
  private log(line: string): void {
    if (this.probing) {
      this.logger.log(line);
    }
  }
}

function topologyOf(settings: RedisSettings): RedisTopology {
  const { cluster, sentinel, url = '' } = settings;
  if (cluster) {
    return new ClusterTopology(settings, cluster);
  }
  return sentinel ? new SentinelTopology(settings, sentinel) : new SingleTopology(url);
}
