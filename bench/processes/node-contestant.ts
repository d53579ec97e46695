import type { Published } from '../servers/publisher.js';
import type { ServerCommands, ServerReady } from '../servers/serve.js';
import { Child } from './child.js';
import type { Contestant, PublishTimes } from './contestant.js';

export interface NodeContestantOptions {
  readonly name: string;
  /** A file of `servers/`. */
  readonly module: string;
  readonly eventsPath: string;
  readonly readyMark: string;
  readonly redisUrl?: string | undefined;
  /** Another build of Birdsong: the address of its `index.js`. */
  readonly build?: string | undefined;
}

/** A server in a Node process that publishes by itself. */
export class NodeContestant implements Contestant {
  nextSeq = 1;

  private constructor(
    private readonly options: NodeContestantOptions,
    private readonly child: Child<ServerCommands, ServerReady>,
  ) {}

  static async start(options: NodeContestantOptions): Promise<NodeContestant> {
    const child = await Child.start<ServerCommands, ServerReady>(`servers/${options.module}`, {
      env: {
        ...(options.redisUrl !== undefined && { REDIS_URL: options.redisUrl }),
        ...(options.build !== undefined && { BIRDSONG: options.build }),
      },
      execArgv: ['--expose-gc'],
    });
    return new NodeContestant(options, child);
  }

  get name(): string {
    return this.options.name;
  }

  get port(): number {
    return this.child.ready.port;
  }

  get eventsPath(): string {
    return this.options.eventsPath;
  }

  get readyMark(): string {
    return this.options.readyMark;
  }

  get pids(): readonly number[] {
    return [this.child.pid];
  }

  async publish(times: PublishTimes): Promise<Published> {
    const published = await this.child.call('publish', { ...times, firstSeq: this.nextSeq });
    this.nextSeq += published.count;
    return published;
  }

  collectGarbage(): Promise<void> {
    return this.child.call('collectGarbage');
  }

  stop(): Promise<void> {
    return this.child.stop();
  }
}
