import type { Redis } from 'ioredis';
import { Session } from 'node:inspector';
import type { Subscription } from 'rxjs';
import type { Birdsong } from '../../src/index.js';
import { pause } from '../bench.js';
import { createPayload } from '../payload.js';
import type { ChannelFigures } from './channel-figures.js';

const COUNT = 5000;
const RECEIPT_COUNT = 1000;
const RECEIPT_ROUNDS = 11;
/** Memory in use is released in later turns. */
const COLLECTIONS = 4;
const REST_MS = 300;

/** What a channel that is read takes here and in Redis: as many readers of a channel each, less those of one. */
export async function measureFeeds(
  birdsong: Birdsong,
  client: Redis,
): Promise<Pick<ChannelFigures, 'nodeBytesPerChannel' | 'redisBytesPerSubscription'>> {
  // Warms up: tables grow and code is compiled only once.
  await observe(birdsong, client, (index) => `first.${index}`);
  const together = await observe(birdsong, client, () => 'all');
  const apart = await observe(birdsong, client, (index) => `one.${index}`);
  return {
    nodeBytesPerChannel: (apart.heapBytes - together.heapBytes) / (COUNT - 1),
    redisBytesPerSubscription: (apart.redisBytes - together.redisBytes) / (COUNT - 1),
  };
}

/** The memory that this many readers take. */
async function observe(birdsong: Birdsong, client: Redis, channelOf: (index: number) => string) {
  const channels = Array.from({ length: COUNT }, (_, index) => channelOf(index));
  // Creates their keys in Redis first, to measure subscriptions alone.
  await Promise.all([...new Set(channels)].map((channel) => birdsong.history(channel)));
  const before = await memory(client);
  const subscriptions: Subscription[] = channels.map((channel) =>
    birdsong.observe(channel).subscribe(),
  );
  await untilSubscribed(client, new Set(channels).size);
  // Answered after everything that the subscriptions have asked for.
  await birdsong.history('all');
  const after = await memory(client);
  subscriptions.forEach((subscription) => subscription.unsubscribe());
  return {
    heapBytes: after.heapBytes - before.heapBytes,
    redisBytes: after.redisBytes - before.redisBytes,
  };
}

/** CPU of a process for a message that it receives: what a send costs it more on a channel that it reads. */
export async function measureReceipt(birdsong: Birdsong): Promise<number> {
  const subscription = birdsong.observe('read').subscribe();
  const differences = [];
  for (let round = 0; round <= RECEIPT_ROUNDS; round += 1) {
    const unread = await sendCpuUs(birdsong, 'unread');
    differences.push((await sendCpuUs(birdsong, 'read')) - unread);
  }
  subscription.unsubscribe();
  // The first round only warms up. Of the others the one in the middle: the machine does other things too.
  const sorted = differences.slice(1).sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

async function sendCpuUs(birdsong: Birdsong, channel: string): Promise<number> {
  const before = process.cpuUsage();
  // One at a time, so that no two are received together: that is the most that a message costs.
  for (let seq = 1; seq <= RECEIPT_COUNT; seq += 1) {
    await birdsong.publish(channel, createPayload(seq));
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / RECEIPT_COUNT;
}

async function untilSubscribed(client: Redis, count: number): Promise<void> {
  let channels: unknown[];
  do {
    channels = await client.pubsub('CHANNELS', 'birdsong:{*');
  } while (channels.length < count);
}

async function memory(client: Redis): Promise<{ heapBytes: number; redisBytes: number }> {
  const inspector = new Session();
  inspector.connect();
  for (let round = 0; round < COLLECTIONS; round += 1) {
    await pause(REST_MS);
    inspector.post('HeapProfiler.collectGarbage');
  }
  inspector.disconnect();
  const info = await client.info('memory');
  return {
    heapBytes: process.memoryUsage().heapUsed,
    redisBytes: Number(/^used_memory:(\d+)/m.exec(info)?.[1]),
  };
}
