import type { Redis } from 'ioredis';
import { Pause } from '../../concurrency/pause.js';
import type { RedisAddress } from '../../config/redis-options.js';
import { endClient } from './redis-client.js';

/** How long to wait for further answers once there is one. */
const STRAGGLER_MS = 250;

/** A Redis that takes writes. */
export interface RedisMaster extends RedisAddress {
  /** The names that a redirection may use for it: `host:port`. */
  readonly names: readonly string[];
  /** The ranges of slots that it serves, both ends included. Empty if it has none yet. */
  readonly slots: readonly (readonly [from: number, to: number])[];
}

export const addressText = ({ host, port }: RedisAddress): string => `${host}:${port}`;

/** Finds out which Redis servers are masters, and which slots each of them serves. */
export abstract class RedisTopology {
  private readonly asked = new Set<Redis>();

  /**
   * @param clients the open connections to masters
   * @throws Error if no server answers
   */
  abstract masters(clients: readonly Redis[]): Promise<readonly RedisMaster[]>;

  /** Ends queries that have no answer yet. */
  async close(): Promise<void> {
    await Promise.all([...this.asked].map((client) => endClient(client)));
  }

  /**
   * Queries servers over connections that are opened and closed for this.
   * @param whom what kind of server they are, for the error
   * @throws Error that names the last server that failed, if none answers
   */
  protected async ask<T>(
    whom: string,
    clients: readonly Redis[],
    question: (client: Redis) => Promise<T>,
  ): Promise<T[]> {
    return answersOf(
      clients.map(async (client) => {
        this.asked.add(client);
        let fault: Error | undefined;
        client.on('error', (error: Error) => (fault = error));
        try {
          await client.connect();
          return await question(client);
        } catch (cause) {
          // The error that broke the connection says more than that it is closed.
          const { message, name } = fault ?? (cause as Error);
          const { host = '', port = 0 } = client.options;
          throw new Error(`${whom} at ${host}:${port}: ${message || name}`, { cause });
        } finally {
          await endClient(client);
          this.asked.delete(client);
        }
      }),
    );
  }
}

/**
 * The answers that arrive until shortly after the first one, so that a server that does not answer delays nothing.
 * @throws the last error if there are none
 */
export async function answersOf<T>(questions: readonly Promise<T>[]): Promise<T[]> {
  const answers: T[] = [];
  let fault: unknown;
  const pause = new Pause();
  const settled = questions.map((question) =>
    question.then(
      (answer) => answers.push(answer),
      (error: unknown) => (fault = error),
    ),
  );
  const all = Promise.all(settled).finally(() => pause.end());
  const first = Promise.any(questions).catch(() => all);
  await Promise.race([all, first.then(() => pause.for(STRAGGLER_MS))]);
  if (answers.length === 0 && questions.length > 0) {
    throw fault;
  }
  return [...answers];
}
