import { RedisServer } from '../test/harness/redis-server.js';
import { entryOf, type ContestantName } from './contestants.js';
import type { LoadCommands } from './load/main.js';
import type { Opened, OpenRun } from './load/readers.js';
import { Child } from './processes/child.js';
import type { Contestant } from './processes/contestant.js';
import { maxReaders, type Plan } from './plan.js';

/** The most connections being opened at the same time, except in a storm. */
const CALM_WINDOW = 200;

/** After this long, a server that has answered a reader also has it in its list. */
const SETTLE_MS = 100;

const EXERCISE_READERS = 100;

export interface OpenOptions {
  readonly firstSeq?: number;
  readonly lastEventId?: string;
  readonly window?: number;
}

/** The processes of a run, and the operations that figures share. */
export class Bench {
  private readonly running = new Map<ContestantName, Contestant>();

  private constructor(
    readonly plan: Plan,
    readonly names: readonly ContestantName[],
    readonly redis: RedisServer,
    readonly load: Child<LoadCommands, undefined>,
  ) {}

  static async start(plan: Plan, names: readonly ContestantName[]): Promise<Bench> {
    const redis = await RedisServer.start();
    const load = await Child.start<LoadCommands, undefined>('load/main.js');
    return new Bench(plan, names, redis, load);
  }

  /** The contestant's server, kept from one figure to the next. */
  async server(name: ContestantName): Promise<Contestant> {
    const running = this.running.get(name);
    if (running) return running;
    const server = await this.freshServer(name);
    this.running.set(name, server);
    await this.exercise(server);
    return server;
  }

  /** Starts a separate server. The caller stops it. */
  private freshServer(name: ContestantName): Promise<Contestant> {
    return entryOf(name).start({
      redisUrl: this.redis.url,
      connections: maxReaders(this.plan),
    });
  }

  /** Measures with a separate server, then stops it and its readers. */
  async withFresh<Row>(
    name: ContestantName,
    measure: (server: Contestant) => Promise<Row>,
  ): Promise<Row> {
    const server = await this.freshServer(name);
    try {
      return await measure(server);
    } finally {
      await this.close();
      await server.stop();
    }
  }

  /** The names, beginning with another one each time, so that none is always measured first. */
  turns(round: number): readonly ContestantName[] {
    const start = round % this.names.length;
    return [...this.names.slice(start), ...this.names.slice(0, start)];
  }

  /** Adds readers of a server. */
  async open(server: Contestant, count: number, options: OpenOptions = {}): Promise<Opened> {
    const opened = await this.load.call('open', openRun(server, count, options));
    await pause(SETTLE_MS);
    return opened;
  }

  /** Adds a reader that reads no message. */
  async stall(server: Contestant): Promise<void> {
    await this.load.call('stall', openRun(server, 1));
    await pause(SETTLE_MS);
  }

  /** Closes all readers. */
  async close(): Promise<void> {
    await this.load.call('close');
    await pause(SETTLE_MS);
  }

  /** The result of `measure`. If it throws, the result of `fail`, and a new server from then on. */
  async attempt<Row>(
    name: ContestantName,
    measure: () => Promise<Row>,
    fail: (note: string) => Row,
  ): Promise<Row> {
    try {
      return await measure();
    } catch (error) {
      const [reason = ''] = String(error instanceof Error ? error.message : error).split('\n');
      this.say(`${name}: ${reason}`);
      await this.close();
      await this.running.get(name)?.stop();
      this.running.delete(name);
      return fail(reason);
    }
  }

  say(text: string): void {
    const seconds = (performance.now() / 1000).toFixed(1).padStart(6);
    process.stderr.write(`${seconds} s  ${text}\n`);
  }

  async stop(): Promise<void> {
    await this.load.stop();
    for (const server of this.running.values()) await server.stop();
    await this.redis.stop();
  }

  /** Warms up a new server until its code is compiled, so that the first figure is not slower. */
  private async exercise(server: Contestant): Promise<void> {
    await this.open(server, EXERCISE_READERS);
    await server.publish({ perSecond: 200, seconds: this.plan.seconds });
    await this.close();
  }
}

function openRun(server: Contestant, count: number, options: OpenOptions = {}): OpenRun {
  return {
    port: server.port,
    path: server.eventsPath,
    readyMark: server.readyMark,
    count,
    firstSeq: options.firstSeq ?? server.nextSeq,
    window: options.window ?? CALM_WINDOW,
    ...(options.lastEventId !== undefined && { lastEventId: options.lastEventId }),
  };
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
