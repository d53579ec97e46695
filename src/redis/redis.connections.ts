import { Injectable, Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { Pause } from '../broker/pause.js';
import { BirdsongError } from '../errors/birdsong.error.js';
import type { RedisSettings } from '../options/birdsong.settings.js';
import { SCRIPTS, type ScriptCommands } from './scripts.js';

const RECONNECT_FIRST_MS = 50;
const RECONNECT_MOST_MS = 1000;
/** How long a socket may take to close before it is destroyed. */
const DISCONNECT_MS = 250;

/** The two connections of a node: one for commands, one that is subscribed. */
@Injectable()
export class RedisConnections {
  readonly commands: Redis & ScriptCommands;
  readonly subscriber: Redis;
  private readonly logger = new Logger('Birdsong');
  /** The last error that a connection had by itself, without a command. */
  private lastError: Error | undefined;

  constructor(settings: RedisSettings) {
    const shared = {
      lazyConnect: true,
      connectTimeout: settings.commandTimeoutMs,
      commandTimeout: settings.commandTimeoutMs,
      // A connection that owes an answer for so long is dead, whatever TCP believes.
      socketTimeout: settings.commandTimeoutMs,
      disconnectTimeout: DISCONNECT_MS,
      retryStrategy: (times: number) =>
        Math.min(RECONNECT_FIRST_MS * 2 ** (times - 1), RECONNECT_MOST_MS),
      // A command that cannot be sent now, or whose answer is lost, fails now: the sender is told, rather
      // than kept waiting, and nothing is ever published twice by a resend.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
    } as const;
    this.commands = new Redis(settings.url, {
      ...shared,
      connectionName: 'birdsong-commands',
      enableAutoPipelining: true,
      scripts: SCRIPTS,
    }) as Redis & ScriptCommands;
    this.subscriber = new Redis(settings.url, {
      ...shared,
      connectionName: 'birdsong-subscriber',
      // The broker subscribes again itself: it must know when, to fetch what was missed.
      autoResubscribe: false,
    });
    this.report(this.commands, 'commands');
    this.report(this.subscriber, 'subscriber');
  }

  /** @throws Error that names the address, if Redis does not answer, lets nobody in, or is too old */
  async open(): Promise<void> {
    try {
      await Promise.all([this.commands.connect(), this.subscriber.connect()]);
      // A database that does not exist is no reason for ioredis not to connect.
      if (this.lastError) {
        throw this.lastError;
      }
    } catch (cause) {
      await this.close();
      const { host, port } = this.commands.options;
      const { message, name } = this.lastError ?? (cause as Error);
      throw unavailable(cause, `Redis at ${String(host)}:${String(port)}: ${message || name}`);
    }
    await this.requireVersion().catch(async (error: unknown) => {
      await this.close();
      throw error;
    });
  }

  areReady(): boolean {
    return this.commands.status === 'ready' && this.subscriber.status === 'ready';
  }

  async close(): Promise<void> {
    await Promise.all([end(this.commands), end(this.subscriber)]);
  }

  private async requireVersion(): Promise<void> {
    // A user who may not ask is believed.
    const info = await this.commands.info('server').catch(() => '');
    const version = /redis_version:(\d+)/.exec(info)?.[1];
    if (version !== undefined && Number(version) < 7) {
      throw new Error(`Birdsong needs Redis 7.0 or newer; this one is ${version}.`);
    }
  }

  private report(client: Redis, name: string): void {
    let isDown = false;
    client.on('error', (error: Error) => {
      this.lastError = error;
      if (!isDown) {
        isDown = true;
        this.logger.warn(`Redis (${name}) is unreachable: ${error.message || error.name}`);
      }
    });
    client.on('ready', () => {
      if (isDown) {
        isDown = false;
        this.logger.log(`Redis (${name}) is back.`);
      }
    });
  }
}

/** ioredis closes a socket with a timer behind it, which it leaves running if the socket was gone. */
async function end(client: Redis): Promise<void> {
  if (client.status === 'end') {
    return;
  }
  const pause = new Pause();
  client.once('end', () => pause.end());
  client.disconnect();
  await pause.for(DISCONNECT_MS);
}

export function unavailable(
  cause: unknown,
  detail = 'The message broker does not answer.',
): BirdsongError {
  return new BirdsongError('broker-unavailable', detail, {
    retryAfterSeconds: 1,
    cause,
  });
}
