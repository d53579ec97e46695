import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { Redis } from 'ioredis';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Birdsong } from '../../src/index.js';
import { RedisServer } from '../../test/harness/redis-server.js';
import { createPayload, PAYLOAD_BYTES } from '../payload.js';
import { cpuUs } from '../processes/proc.js';
import type { ChannelFigures } from './channel-figures.js';
import { measureFeeds, measureReceipt } from './measure-feeds.js';

// Not a literal, so that the types come from the sources and the checks need no build.
const PACKAGE: string = 'birdsong';

const CHANNEL = 'measured';
const KEYS = { history: `birdsong:{${CHANNEL}}:history`, meta: `birdsong:{${CHANNEL}}:meta` };
/** As many messages as a channel keeps by default. */
const KEPT_COUNT = 1000;
const PUBLISH_COUNT = 3000;
const CONCURRENCY = 64;
const SUBSCRIBER_COUNTS = [0, 10, 50, 100];

/** Measures what a channel and its messages cost Redis and a process. */
export async function measureChannels(): Promise<ChannelFigures> {
  const redis = await RedisServer.start();
  const { Birdsong, BirdsongModule } = (await import(
    PACKAGE
  )) as typeof import('../../src/index.js');
  const app = await NestFactory.createApplicationContext(
    // What one measurement leaves behind must be gone before the next.
    BirdsongModule.forRoot({
      channels: { '*': {} },
      redis: { url: redis.url },
      feedLingerSeconds: 0,
    }),
    { logger: ['fatal', 'error', 'warn'] },
  );
  try {
    return await new Measurement(redis, app.get(Birdsong)).run();
  } finally {
    await app.close();
    await redis.stop();
  }
}

class Measurement {
  private readonly client: Redis;
  private seq = 0;

  constructor(
    private readonly redis: RedisServer,
    private readonly birdsong: Birdsong,
  ) {
    this.client = redis.client();
  }

  async run(): Promise<ChannelFigures> {
    const publishedBytes = await this.publishedBytes();
    const oneBytes = await this.memory();
    await this.publishMany(KEPT_COUNT - 1);
    const redisBytesPerMessage = ((await this.memory()) - oneBytes) / (KEPT_COUNT - 1);
    const commandsPerMessage = await this.commands();
    const points = [];
    for (const subscribers of SUBSCRIBER_COUNTS) {
      points.push({ subscribers, cpuUsPerMessage: await this.cpu(subscribers) });
    }
    const version = /redis_version:(\S+)/.exec(await this.client.info('server'))?.[1];
    return {
      date: new Date().toISOString(),
      versions: { node: process.versions.node, redis: version ?? 'unknown' },
      ...{ payloadBytes: PAYLOAD_BYTES, publishedBytes, redisBytesPerMessage },
      redisBytesPerChannel: oneBytes - redisBytesPerMessage,
      commandsPerMessage,
      redisCpuUsPerMessage: points[0]?.cpuUsPerMessage ?? Number.NaN,
      redisCpuUsPerSubscriber: slopeOf(points),
      redisCpuUsBySubscribers: points,
      ...(await measureFeeds(this.birdsong, this.client)),
      nodeCpuUsPerReceipt: await measureReceipt(this.birdsong),
    };
  }

  private publish(): Promise<unknown> {
    return this.birdsong.publish(CHANNEL, createPayload((this.seq += 1)));
  }

  private async publishMany(count: number): Promise<void> {
    let left = count;
    const work = async () => {
      while (left > 0) {
        left -= 1;
        await this.publish();
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, work));
  }

  private async publishedBytes(): Promise<number> {
    await this.publish();
    const [[, fields] = []] = await this.client.xrange(KEYS.history, '-', '+', 'COUNT', 1);
    const payload = fields?.[3];
    if (payload === undefined) throw new Error('Redis keeps no message where it is looked for.');
    return Buffer.byteLength(payload);
  }

  private async memory(): Promise<number> {
    const sizes = await Promise.all(
      Object.values(KEYS).map((key) => this.client.memory('USAGE', key, 'SAMPLES', 0)),
    );
    return sizes.reduce<number>((sum, size) => sum + Number(size), 0);
  }

  /** Counts commands within the script too. */
  private async commands(): Promise<Record<string, number>> {
    const count = 1000;
    await this.client.config('RESETSTAT');
    await this.publishMany(count);
    const stats = await this.client.info('commandstats');
    const found = Array.from(
      stats.matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm),
      ([, name = '', calls]) => [name, Math.round(Number(calls) / count)] as const,
    );
    // Excludes probes and this client's own commands.
    return Object.fromEntries(found.filter(([, perMessage]) => perMessage > 0).sort());
  }

  private async cpu(subscribers: number): Promise<number> {
    const sockets = await Promise.all(Array.from({ length: subscribers }, () => this.subscribe()));
    await this.publishMany(1000);
    const beforeUs = cpuUs([this.redis.pid]);
    // One at a time, so that no two are written together: that is the most that a message costs.
    for (let count = 0; count < PUBLISH_COUNT; count += 1) await this.publish();
    const perMessageUs = (cpuUs([this.redis.pid]) - beforeUs) / PUBLISH_COUNT;
    sockets.forEach((socket) => socket.destroy());
    return perMessageUs;
  }

  /** Reads and ignores what it is given: only the cost to Redis is of interest. */
  private async subscribe(): Promise<Socket> {
    const socket = connect({ port: this.redis.port, host: '127.0.0.1' });
    socket.write(`SUBSCRIBE birdsong:{${CHANNEL}}\r\n`);
    await once(socket, 'data');
    return socket.resume();
  }
}

/** Of the line of least squares. */
function slopeOf(points: ChannelFigures['redisCpuUsBySubscribers']): number {
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const meanX = mean(points.map(({ subscribers }) => subscribers));
  const meanY = mean(points.map(({ cpuUsPerMessage }) => cpuUsPerMessage));
  return (
    mean(points.map(({ subscribers: x, cpuUsPerMessage: y }) => (x - meanX) * (y - meanY))) /
    mean(points.map(({ subscribers: x }) => (x - meanX) ** 2))
  );
}
