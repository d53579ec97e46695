import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { RedisSettings } from '../../config/redis-settings.js';
import { ClusterTopology } from './cluster-topology.js';
import { redirectionOf, type Redirection } from './redirection.js';
import type { UnavailableReason } from '../../errors/birdsong-error.js';
import { unavailable } from './redis-client.js';
import type { RedisKeys } from './redis-keys.js';
import { RedisShard } from './redis-shard.js';
import type { ConnectionListener } from './subscriber-connection.js';
import { addressText, type RedisMaster, type RedisTopology } from './redis-topology.js';
import type { CommandsClient } from './scripts.js';
import { SentinelTopology } from './sentinel-topology.js';
import { SingleTopology } from './single-topology.js';
import { SLOT_COUNT, slotOf } from './slots.js';
import { TopologyWatcher } from './topology-watcher.js';

const RETRY_MS = 50;

/** Receives the events of all shards. */
export interface ShardsListener extends Omit<ConnectionListener, 'displaced'> {
  /** Called when channels may have moved to another shard. */
  settled(): void;
}

/** Where and how to make a call. */
export interface Call {
  readonly shard: RedisShard;
  /** Whether ASKING must precede it. */
  readonly isAsked: boolean;
}

/**
 * The masters that hold the channels, each with its slots: one with all slots, or those of a cluster. Follows changes
 * of masters and slots.
 */
export class RedisShards {
  private readonly shards = new Map<string, RedisShard>();
  private readonly retiring = new Set<RedisShard>();
  /** The shards by the names that a redirection may use. */
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

  /** Sets who receives the events of all shards. */
  setListener(listener: ShardsListener): void {
    this.listener = listener;
  }

  /** @throws BirdsongError `broker-unavailable` that names the address that failed */
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

  /** Undefined if every shard is reached, serves its slots, and took the last write. */
  unavailableReason(): UnavailableReason | undefined {
    if (this.owners.includes(undefined)) {
      return 'unreachable';
    }
    const reasons = [...this.shards.values()].map((shard) => shard.unavailableReason());
    return reasons.find((reason) => reason !== undefined);
  }

  /** The shard that has the channel; undefined if no master serves its slot. */
  findShard(channel: string): RedisShard | undefined {
    return this.owners[slotOf(channel)];
  }

  /** @throws BirdsongError `broker-unavailable` if no master serves the channel's slot */
  shardOf(channel: string): RedisShard {
    const owner = this.findShard(channel);
    if (!owner) {
      throw unavailable(undefined);
    }
    return owner;
  }

  /** Sends commands to the shard that has the channel, as `run` does. */
  send<T>(
    channel: string,
    over: 'commands' | 'sends',
    make: (commands: CommandsClient, shard: RedisShard) => Promise<T>,
  ): Promise<{ answer: T; shard: RedisShard; isAsked: boolean }> {
    return this.run(channel, async ({ shard, isAsked }) => {
      const commands = shard[over];
      if (isAsked) {
        // Pipelined right before the call.
        commands.asking().catch(() => undefined);
      }
      return { answer: await make(commands, shard), shard, isAsked };
    });
  }

  /**
   * Makes a call to the shard that has the channel, and follows Redis's redirections. It retries nothing else, because
   * without an answer it cannot know whether the call was carried out.
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
        shard.refused(error);
        if (!redirection || performance.now() > until || this.closing.signal.aborted) {
          throw unavailable(error);
        }
        asked = await this.redirect(shard, redirection, channel);
        // No other Redis has been promoted yet, which may take longer than a sender waits.
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

  /** The shard to ask once; undefined to use the channel's own shard, which may have changed. */
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
      shard.probe();
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
        // In the background; calls to this shard wait until it is open.
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
    shard.tag = slots.length > 0 ? this.tagOf(shard) : undefined;
    shard.probeOn(shard.tag === undefined ? undefined : this.keys.probe(this.nodeId, shard.tag));
  }

  private tagOf(shard: RedisShard): string {
    let tag = 0;
    while (this.owners[slotOf(String(tag))] !== shard) {
      tag++;
    }
    return String(tag);
  }

  private end(shard: RedisShard, address: string): void {
    this.log(`Redis ${address} is no longer a master.`);
    this.shards.delete(address);
    this.retiring.add(shard);
    void shard.retire().then(() => this.retiring.delete(shard));
  }

  /** Logs changes only: the masters at the start are not worth a line. */
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
