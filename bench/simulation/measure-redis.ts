import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { Redis } from 'ioredis';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { RedisServer } from '../../test/harness/redis-server.js';
import { createPayload, PAYLOAD_BYTES } from '../payload.js';
import { cpuUs } from '../processes/proc.js';
import { fitLine } from './fit-line.js';
import type { RedisFigures } from './redis-figures.js';

// Not a literal, so that the types come from the sources and the checks need no build.
const PACKAGE: string = 'birdsong';

const CHANNEL = 'measured';
const KEYS = { history: `birdsong:{${CHANNEL}}:history`, meta: `birdsong:{${CHANNEL}}:meta` };
/** As many as a channel keeps unless told otherwise. */
const KEPT_COUNT = 1000;
const PUBLISH_COUNT = 3000;
const CONCURRENCY = 64;
const SUBSCRIBER_COUNTS = [0, 10, 50, 100];

type Publish = () => Promise<unknown>;

/** What a channel and a message cost a Redis of their own: its memory, its commands, its CPU. */
export async function measureRedis(): Promise<RedisFigures> {
  const redis = await RedisServer.start();
  try {
    return await withBirdsong(redis, (publish) => measure(redis, publish));
  } finally {
    await redis.stop();
  }
}

async function measure(redis: RedisServer, publish: Publish): Promise<RedisFigures> {
  const client = redis.client();
  const messageJsonBytes = await publishedBytes(client, publish);
  const oneBytes = await memoryOf(client);
  await publishMany(publish, KEPT_COUNT - 1);
  const allBytes = await memoryOf(client);
  const bytesPerMessage = (allBytes - oneBytes) / (KEPT_COUNT - 1);
  const commandsPerMessage = await commandsOf(client, publish);
  const points = [];
  for (const subscribers of SUBSCRIBER_COUNTS) {
    points.push({ x: subscribers, y: await cpuOf(redis, subscribers, publish) });
  }
  const { intercept, slope } = fitLine(points);
  return {
    date: new Date().toISOString(),
    redis: /redis_version:(\S+)/.exec(await client.info('server'))?.[1] ?? 'unknown',
    payloadBytes: PAYLOAD_BYTES,
    messageJsonBytes,
    bytesPerMessage,
    bytesPerChannel: oneBytes - bytesPerMessage,
    commandsPerMessage,
    cpuUsPerMessage: intercept,
    cpuUsPerSubscriber: slope,
    cpuUsBySubscribers: points.map(({ x, y }) => ({ subscribers: x, cpuUsPerMessage: y })),
  };
}

async function withBirdsong<Outcome>(
  redis: RedisServer,
  use: (publish: Publish) => Promise<Outcome>,
): Promise<Outcome> {
  const { Birdsong, BirdsongModule } = (await import(
    PACKAGE
  )) as typeof import('../../src/index.js');
  const app = await NestFactory.createApplicationContext(
    BirdsongModule.forRoot({ channels: { [CHANNEL]: {} }, redis: { url: redis.url } }),
    { logger: ['fatal', 'error', 'warn'] },
  );
  const birdsong = app.get(Birdsong);
  let seq = 0;
  try {
    return await use(() => birdsong.publish(CHANNEL, createPayload((seq += 1))));
  } finally {
    await app.close();
  }
}

/** The bytes that go to each subscriber for a message: its type and its JSON. */
async function publishedBytes(client: Redis, publish: Publish): Promise<number> {
  await publish();
  const [[, fields] = []] = await client.xrange(KEYS.history, '-', '+', 'COUNT', 1);
  const payload = fields?.[3];
  if (payload === undefined) throw new Error('Redis keeps no message where it is looked for.');
  return Buffer.byteLength(payload);
}

async function memoryOf(client: Redis): Promise<number> {
  const sizes = await Promise.all(
    Object.values(KEYS).map((key) => client.memory('USAGE', key, 'SAMPLES', 0)),
  );
  return sizes.reduce<number>((sum, size) => sum + Number(size), 0);
}

/** How many commands a message is, by name; those inside of the script count too. */
async function commandsOf(
  client: Redis,
  publish: Publish,
): Promise<Readonly<Record<string, number>>> {
  const count = 1000;
  await client.config('RESETSTAT');
  await publishMany(publish, count);
  const stats = await client.info('commandstats');
  const found = Array.from(stats.matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm), ([, name, calls]) => [
    name ?? '',
    Math.round((Number(calls) / count) * 10) / 10,
  ]);
  // Probes and this client's own questions are none of it.
  return Object.fromEntries(found.filter(([, perMessage]) => Number(perMessage) >= 0.5)) as Record<
    string,
    number
  >;
}

async function cpuOf(redis: RedisServer, subscribers: number, publish: Publish): Promise<number> {
  const sockets = await Promise.all(Array.from({ length: subscribers }, () => subscribe(redis)));
  await publishMany(publish, 1000);
  // One at a time, so that no two are written together: that is the most that a message costs.
  const beforeUs = cpuUs([redis.pid]);
  for (let count = 0; count < PUBLISH_COUNT; count += 1) await publish();
  const perMessageUs = (cpuUs([redis.pid]) - beforeUs) / PUBLISH_COUNT;
  sockets.forEach((socket) => socket.destroy());
  return perMessageUs;
}

/** Reads what it is given and makes nothing of it: only what it costs Redis is of interest. */
async function subscribe(redis: RedisServer): Promise<Socket> {
  const socket = connect({ port: redis.port, host: '127.0.0.1' });
  socket.write(`SUBSCRIBE birdsong:{${CHANNEL}}\r\n`);
  await once(socket, 'data');
  return socket.resume();
}

async function publishMany(publish: Publish, count: number): Promise<void> {
  let left = count;
  const work = async () => {
    while (left > 0) {
      left -= 1;
      await publish();
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
}
