import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Balancer } from '../harness/balancer.js';
import { BirdsongNode } from '../harness/birdsong-node.js';
import { defaultDeadlineMs, withDeadline } from '../harness/deadline.js';
import { freePort } from '../harness/free-port.js';
import { request } from '../harness/http-client.js';
import { LightReader } from '../harness/light-reader.js';
import { RedisServer } from '../harness/redis-server.js';
import { until } from '../harness/until.js';

const READERS = 2000;
const SEND_EVERY_MS = 150;
const PATH = '/channels/public.rolling';

interface Seen {
  readonly reader: LightReader;
  /** The numbers of the messages received, in order. */
  readonly numbers: number[];
  gapCount: number;
}

/** Sends numbers until stopped, retrying each until it is acknowledged. */
class Publisher {
  acknowledged = 0;
  private isStopped = false;
  private readonly sending: Promise<void>;

  constructor(private readonly balancer: Balancer) {
    this.sending = this.run();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.sending;
  }

  private async run(): Promise<void> {
    while (!this.isStopped) {
      const number = this.acknowledged + 1;
      const headers = { 'Idempotency-Key': randomUUID() };
      let isAccepted = false;
      while (!isAccepted) {
        const answer = await request(`${this.balancer.next()}${PATH}/messages`, {
          json: { data: number },
          headers,
        }).catch(() => undefined);
        isAccepted = answer?.status === 201 || answer?.status === 200;
      }
      this.acknowledged = number;
      await pause(SEND_EVERY_MS);
    }
  }
}

/** The largest share of these times within any window of this length. */
function largestShareWithin(windowMs: number, times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  let start = 0;
  let most = 0;
  sorted.forEach((time, index) => {
    while (time - (sorted[start] ?? 0) > windowMs) start++;
    most = Math.max(most, index - start + 1);
  });
  return most / sorted.length;
}

describe('A rolling restart of two nodes with 2,000 readers', () => {
  let redis: RedisServer;
  let nodes: BirdsongNode[] = [];
  let balancer: Balancer | undefined;
  const seen: Seen[] = [];

  beforeEach(async () => {
    redis = await RedisServer.start();
    nodes = await Promise.all([startNode(await freePort()), startNode(await freePort())]);
    balancer = await Balancer.start(nodes.map(({ url }) => url));
  });
  afterEach(async () => {
    for (const { reader } of seen.splice(0)) reader.close();
    await balancer?.stop();
    await Promise.all(nodes.map((node) => node.kill()));
    await redis.stop();
  });

  const startNode = (port: number): Promise<BirdsongNode> =>
    BirdsongNode.start({ port, env: { REDIS_URL: redis.url, LOG_LEVEL: 'error' } });

  function open(from: Balancer): Seen {
    const numbers: number[] = [];
    const reader = new LightReader({
      url: () => `${from.next()}${PATH}/events`,
      onEvent: ({ event, data }) => {
        if (event === 'message') numbers.push((JSON.parse(data) as { data: number }).data);
        else if (event === 'stream.gap') one.gapCount++;
      },
    });
    const one: Seen = { reader, numbers, gapCount: 0 };
    seen.push(one);
    return one;
  }

  const isUpTo = (number: number) => () => seen.every(({ numbers }) => numbers.at(-1) === number);

  it('loses nothing, repeats nothing, and never makes all reconnect at once', async () => {
    const from = balancer as Balancer;
    await request(`${from.next()}${PATH}/messages`, { json: { data: 0 } });
    for (let count = 0; count < READERS; count++) open(from);
    await until('opened', () => seen.every(({ reader }) => reader.lastEventId !== ''));
    const publisher = new Publisher(from);

    for (const [index, node] of nodes.entries()) {
      const acknowledgedBefore = publisher.acknowledged;
      const farewellsBefore = seen.map(({ reader }) => reader.farewells.length);
      process.kill(node.pid, 'SIGTERM');
      expect((await withDeadline(node.exited, defaultDeadlineMs, () => node.output)).code).toBe(0);
      expect(publisher.acknowledged).toBeGreaterThan(acknowledgedBefore);
      const farewells = seen.flatMap(({ reader }, place) =>
        reader.farewells.slice(farewellsBefore[place]),
      );
      expect(farewells.length).toBeGreaterThan(READERS / 3);
      // While some readers were sent away, others read on.
      expect(new Set(farewells.map(({ lastEventId }) => lastEventId)).size).toBeGreaterThan(1);
      const waits = farewells.map(({ atMs, backAtMs }) => backAtMs - atMs);
      expect(largestShareWithin(250, waits)).toBeLessThan(0.25);

      await from.until(node.url, false);
      nodes[index] = await startNode(node.port);
      await from.until(node.url, true);
    }
    await publisher.stop();
    await until('all messages', isUpTo(publisher.acknowledged));

    const all = Array.from({ length: publisher.acknowledged }, (_, index) => index + 1);
    for (const { reader, numbers, gapCount } of seen) {
      expect(reader.refusedWith).toBeUndefined();
      expect(gapCount).toBe(0);
      expect(numbers).toEqual(all);
    }
  }, 240_000);
});
