import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomInt } from 'node:crypto';
import { BirdsongNode } from '../harness/birdsong-node.js';
import { defaultDeadlineMs } from '../harness/deadline.js';
import { RedisServer } from '../harness/redis-server.js';
import { FuzzClient, sentBy } from './fuzz-client.js';
import { HonestTraffic } from './honest-traffic.js';
import { ProcessProbe, socketCount } from './process-probe.js';
import { generateSessions, type FuzzSession } from './sessions.js';

const SEED = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 31 - 1));
const CASES = Number(process.env['FUZZ_CASES'] ?? 10_000);
const WARM_UP_CASES = 2000;
const CONCURRENCY = 24;
/** By what the heap may have grown, of a process that holds nothing more: 10,000 leaks of 300 bytes are seen. */
const HEAP_TOLERANCE_BYTES = 3 * 1024 * 1024;

/** Everything that a leaked connection, stream or subscription would show up in. */
interface Rest {
  readonly sockets: number;
  readonly redisConnections: number;
  readonly redisSubscriptions: readonly string[];
}

let redis: RedisServer;
let probe: ProcessProbe;
let node: BirdsongNode;

beforeAll(async () => {
  redis = await RedisServer.start();
  probe = await ProcessProbe.create();
  node = await BirdsongNode.start({
    env: { ...probe.env, REDIS_URL: redis.url, FEED_LINGER_SECONDS: '0', LOG_LEVEL: 'error' },
  });
});

afterAll(async () => {
  await node.stop();
  await probe.remove();
  await redis.stop();
});

test(`${CASES} random requests break nothing, reveal nothing and leave nothing behind`, async () => {
  const startMs = performance.now();
  const tell = (text: string) => {
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    process.stderr.write(`fuzz, ${seconds} s: ${text}\n`);
  };
  tell(`FUZZ_SEED=${SEED} FUZZ_CASES=${CASES}`);
  const { pid } = node;
  const restBefore = await rest();
  // After this, the process has compiled and cached what it keeps for good.
  await playBesideHonest(generateSessions(SEED ^ 1, WARM_UP_CASES));
  await until(rest, (found) => isSame(found, restBefore));
  const before = await probe.measure();

  const { honest, counts } = await playBesideHonest(generateSessions(SEED, CASES));

  const restAfter = await until(rest, (found) => isSame(found, restBefore));
  const after = await until(
    () => probe.measure(),
    // A Redis command in progress at this moment has a timer too.
    ({ heapBytes, timers }) =>
      heapBytes < before.heapBytes + HEAP_TOLERANCE_BYTES && timers <= before.timers,
  );
  tell(`answers ${JSON.stringify(counts)}, beside ${honest.sent.length} honest messages`);
  tell(`heap ${before.heapBytes} -> ${after.heapBytes} bytes`);
  expect(restAfter).toEqual(restBefore);
  expect({ ...after, heapBytes: 0 }).toEqual({ ...before, heapBytes: 0 });
  expect(after.heapBytes).toBeLessThan(before.heapBytes + HEAP_TOLERANCE_BYTES);
  expect(node.pid).toBe(pid);
  expect(node.output).not.toMatch(/ERROR|Unhandled|MaxListeners|\n +at /);
  expect(counts[201]).toBeGreaterThan(0);
  expect(honest.received).toEqual(honest.sent);
  expect(honest.resumed).toEqual(honest.sent);
}, 900_000);

async function playBesideHonest(sessions: readonly FuzzSession[]) {
  const honest = await HonestTraffic.start(node);
  const counts = await playAll(sessions);
  await honest.finish();
  return { honest, counts };
}

/** Runs them, several at a time, and counts the answers by status. */
async function playAll(sessions: readonly FuzzSession[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const queue = sessions.entries();
  const work = async () => {
    for (const [index, session] of queue) {
      const answers = await FuzzClient.play(node.port, session).catch((error: unknown) => {
        throw new Error(describe(error, index, session));
      });
      for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return counts;
}

function describe(error: unknown, index: number, session: FuzzSession): string {
  const { sound, last, ...how } = session;
  return [
    `Session ${index} of FUZZ_SEED=${SEED} FUZZ_CASES=${CASES}: ${String(error)}`,
    `In ${sound.length} and ${last.length} pieces, ${JSON.stringify(how)}:`,
    JSON.stringify(sentBy(session).slice(0, 3000)),
    node.output,
  ].join('\n');
}

async function rest(): Promise<Rest> {
  const client = redis.client();
  const redisSubscriptions = ((await client.pubsub('CHANNELS')) as string[]).toSorted();
  const clients = (await client.client('LIST')) as string;
  await client.quit();
  return {
    sockets: await socketCount(node.pid),
    redisConnections: clients.match(/ name=birdsong/g)?.length ?? 0,
    redisSubscriptions,
  };
}

const isSame = (one: Rest, other: Rest): boolean => JSON.stringify(one) === JSON.stringify(other);

/** The probe's findings once they are as expected, or as they remain: the server cleans up in later turns. */
async function until<Found>(
  find: () => Promise<Found>,
  isDone: (found: Found) => boolean,
): Promise<Found> {
  const deadlineMs = performance.now() + defaultDeadlineMs;
  let found = await find();
  while (!isDone(found) && performance.now() < deadlineMs) {
    found = await find();
  }
  return found;
}
