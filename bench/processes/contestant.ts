import type { Published, PublishRun } from '../servers/publisher.js';

export type PublishTimes = Omit<PublishRun, 'firstSeq'>;

/** The running server of a contestant. */
export interface Contestant {
  readonly name: string;
  readonly port: number;
  readonly eventsPath: string;
  /** What it has written once a reader gets every message. */
  readonly readyMark: string;
  /** The server's processes, whose CPU and memory count as its own. */
  readonly pids: readonly number[];
  /** The number of its next message. */
  readonly nextSeq: number;
  publish(times: PublishTimes): Promise<Published>;
  collectGarbage(): Promise<void>;
  stop(): Promise<void>;
}
