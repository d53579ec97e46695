import { Logger } from '@nestjs/common';
import { ReplyError, type Redis } from 'ioredis';
import { setImmediate } from 'node:timers/promises';
import type { RedisAddress } from '../../config/redis-options.js';
import type { RedisSettings } from '../../config/redis-settings.js';
import type { UnavailableReason } from '../../errors/birdsong-error.js';
import { PubSub } from './pub-sub.js';
import { createClient, endClient } from './redis-client.js';
import { refusalIn, refusalOf } from './refusal.js';
import { SubscriberConnection, type ConnectionListener } from './subscriber-connection.js';
import { scripts, type CommandsClient } from './scripts.js';
import { addressText } from './redis-topology.js';

/** The connections to one master: one for commands, one for subscriptions, and perhaps one for publishing. */
export class RedisShard {
  readonly commands: CommandsClient;
  /** Publishes. The same as `commands`, unless publishes wait for replicas, as `WAIT` blocks its connection. */
  readonly sends: CommandsClient;
  readonly subscriber: SubscriberConnection;
  /** A hash tag in one of its slots, the same as long as its slots are the same; undefined while it has none. */
  tag: string | undefined;
  private readonly subscriberClient: Redis;
  private readonly pubSub: PubSub;
  private readonly logger = new Logger('Birdsong');
  /** The last error that a connection had by itself, rather than for a command. */
  private lastError: Error | undefined;
  private readonly clients: ReadonlySet<Redis>;
  /** The next `WAIT`, which all publishes since the last one share, and the one in progress. */
  private asking: Promise<void> | undefined;
  private waiting: Promise<number> | undefined;
  private opening: Promise<void> | undefined;
  private isTried = false;
  /** Where probes are written and published; undefined while this shard has no slots. */
  private probeName: string | undefined;
  /** Why Redis refused a command, until a probe succeeds. */
  private refusal: UnavailableReason | undefined;

  constructor(
    private readonly address: RedisAddress,
    private readonly settings: RedisSettings,
    listener: ConnectionListener,
  ) {
    const { url, username, password } = settings;
    const isSharded = settings.cluster !== undefined;
    const where = url === undefined ? address : { url };
    const createCommands = (connectionName: string) =>
      createClient(settings, where, {
        ...{ username, password, connectionName },
        enableAutoPipelining: true,
        scripts: scripts(isSharded ? 'SPUBLISH' : 'PUBLISH'),
        // A master that becomes a replica keeps its connections, so a refused write must trigger a reconnect.
        reconnectOnError: ({ message }) => message.startsWith('READONLY'),
      }) as CommandsClient;
    this.commands = createCommands('birdsong-commands');
    this.sends = settings.waitForReplicas > 0 ? createCommands('birdsong-sends') : this.commands;
    this.subscriberClient = createClient(settings, where, {
      ...{ username, password },
      connectionName: 'birdsong-subscriber',
    });
    this.report(this.commands, 'commands', listener);
    this.report(this.subscriberClient, 'subscriber', listener);
    if (this.sends !== this.commands) {
      this.report(this.sends, 'sends', listener);
    }
    this.clients = new Set([this.commands, this.sends, this.subscriberClient]);
    this.pubSub = new PubSub(isSharded);
    this.subscriber = new SubscriberConnection(
      this.subscriberClient,
      this.commands,
      this.pubSub,
      listener,
    );
  }

  /**
   * Opens the connections, the first time it is called.
   * @throws Error that names the address, if Redis does not answer, refuses this user, or cannot be used
   */
  open(): Promise<void> {
    this.opening ??= this.connect().finally(() => (this.isTried = true));
    return this.opening;
  }

  /** Whether it is being opened for the first time. Commands sent meanwhile would be refused. */
  isOpening(): boolean {
    return this.opening !== undefined && !this.isTried;
  }

  private async connect(): Promise<void> {
    try {
      await Promise.all([...this.clients].map((client) => client.connect()));
      // ioredis connects even if the database does not exist, and only emits an error.
      if (this.lastError) {
        throw this.lastError;
      }
      await this.requireKind();
      if (this.settings.waitForReplicas > 0) {
        await this.requireWait();
      }
      await this.subscriber.open();
      await this.requireRights();
    } catch (cause) {
      const { message, name } = this.lastError ?? (cause as Error);
      throw new Error(`Redis at ${addressText(this.address)}: ${message || name}`, { cause });
    }
  }

  /** Publishes to the subscribers of this shard. */
  publish(name: string, text: string): Promise<unknown> {
    return this.pubSub.publish(this.commands, name, text);
  }

  /**
   * Resolves once the configured number of replicas have everything that was answered on `sends`.
   * @throws Error if they do not in time, or if the connection breaks meanwhile
   */
  async replicated(): Promise<void> {
    // WAIT covers only writes of its own connection: after a reconnect it would have nothing to wait for.
    const { stream } = this.sends;
    this.asking ??= this.askReplicas();
    await this.asking;
    if (this.sends.stream !== stream) {
      throw new Error('The connection broke before the replicas had what was sent.');
    }
  }

  unavailableReason(): UnavailableReason | undefined {
    const isConnected = [...this.clients].every(({ status }) => status === 'ready');
    return isConnected ? this.refusal : 'unreachable';
  }

  /** @param name as for `SubscriberConnection.probeOn` */
  probeOn(name: string | undefined): void {
    this.probeName = name;
    this.subscriber.probeOn(name);
  }

  /** Checks that what is published arrives, and that everything this node needs is allowed and possible. */
  probe(): void {
    this.subscriber.probe();
    this.check().then(
      ([line]) => this.note(line),
      (error: unknown) => this.refused(error),
    );
  }

  /** Notes that Redis refused a command, if it did. */
  refused(error: unknown): void {
    if (refusalOf(error)) {
      this.note((error as Error).message);
    }
  }

  /** Closes the connections once the commands in progress have been answered. */
  async retire(): Promise<void> {
    // Commands gathered for one write are sent at the end of this turn of the event loop.
    await setImmediate();
    const sending = [...new Set([this.commands, this.sends])];
    await Promise.all(sending.map((client) => client.quit().catch(() => undefined)));
    await this.close();
  }

  async close(): Promise<void> {
    await Promise.all([...this.clients].map(endClient));
  }

  /** Runs one `WAIT` at a time, for everything that was answered since the last one. */
  private async askReplicas(): Promise<void> {
    await Promise.allSettled([this.waiting]);
    await setImmediate();
    this.asking = undefined;
    const { waitForReplicas, commandTimeoutMs } = this.settings;
    // It must end well before the command itself times out.
    this.waiting = this.sends.wait(waitForReplicas, Math.ceil(commandTimeoutMs / 2));
    const count = await this.waiting;
    if (count < waitForReplicas) {
      throw new Error(`Only ${count} of ${waitForReplicas} replicas have what was sent.`);
    }
  }

  /** What Redis refuses of everything that this node needs. Empty if nothing. */
  private async check(): Promise<string[]> {
    const { probeName } = this;
    if (probeName === undefined) {
      return [];
    }
    const refused = await this.sends.birdsongProbe(`${probeName}:key`, probeName);
    if (refused.length === 0 && this.settings.waitForReplicas > 0) {
      await this.replicated().catch((error: unknown) =>
        refused.push(`WAIT: NOREPLICAS ${(error as Error).message}`),
      );
    }
    return refused;
  }

  /** Checks that this user may run `WAIT`. A master that has just become a replica refuses it too, but not for long. */
  private async requireWait(): Promise<void> {
    try {
      await this.sends.wait(0, 1);
    } catch (error) {
      if (!(error instanceof ReplyError) || refusalOf(error) === 'no-rights') {
        throw error;
      }
    }
  }

  private async requireRights(): Promise<void> {
    // Twice, because a script is sent by EVAL the first time, and by EVALSHA from then on.
    await this.check();
    const refused = await this.check();
    const missing = refused.filter((line) => reasonIn(line) === 'no-rights');
    if (missing.length > 0) {
      throw new Error(`this user lacks rights that docs/redis.md lists (${missing.join('; ')})`);
    }
    this.note(refused[0]);
  }

  private note(line: string | undefined): void {
    const refusal = line === undefined ? undefined : reasonIn(line);
    if (refusal !== this.refusal) {
      const which = `Redis ${addressText(this.address)}`;
      if (refusal) {
        this.logger.warn(`${which} refuses what it is asked: ${line}`);
      } else {
        this.logger.log(`${which} takes messages again.`);
      }
    }
    this.refusal = refusal;
  }

  private async requireKind(): Promise<void> {
    // A user without the right to INFO skips the check.
    const info = await this.commands.info('server').catch(() => '');
    const version = /redis_version:(\d+)/.exec(info)?.[1];
    if (version !== undefined && Number(version) < 7) {
      throw new Error(`Birdsong needs Redis 7.0 or newer; this one is ${version}.`);
    }
    if (this.settings.cluster === undefined && info.includes('redis_mode:cluster')) {
      throw new Error(
        'it is a node of a Redis Cluster: set cluster (REDIS_CLUSTER_NODES) instead of url (REDIS_URL).',
      );
    }
  }

  private report(client: Redis, name: string, listener: ConnectionListener): void {
    const which = `Redis ${addressText(this.address)} (${name})`;
    let isDown = false;
    client.on('error', (error: Error) => {
      this.lastError = error;
      if (!isDown) {
        isDown = true;
        this.logger.warn(`${which} is unreachable: ${error.message || error.name}`);
      }
    });
    client.on('ready', () => {
      if (isDown) {
        isDown = false;
        this.logger.log(`${which} is back.`);
      }
      if (this.refusal) {
        this.probe();
      }
    });
    // Another master may have taken its place.
    client.on('close', () => listener.displaced());
  }
}

/** @param line an error of Redis, perhaps behind the command that it refused */
const reasonIn = (line: string): UnavailableReason | undefined =>
  refusalIn(line.replace(/^[A-Z]+: /, ''));
