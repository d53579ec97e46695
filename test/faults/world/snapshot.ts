import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RedisServer } from '../../harness/redis-server.js';

/** What a Redis has on disk at one moment, to revert to. */
export class Snapshot {
  private constructor(
    private readonly redis: RedisServer,
    private readonly folder: string,
  ) {}

  static async of(redis: RedisServer): Promise<Snapshot> {
    const folder = await mkdtemp(join(tmpdir(), 'birdsong-snapshot-'));
    await cp(redis.dir, folder, { recursive: true });
    return new Snapshot(redis, folder);
  }

  /** Kills Redis and starts it with what it had then. Call it only once. */
  async restore(): Promise<void> {
    const { redis, folder } = this;
    await redis.kill();
    await rm(redis.dir, { recursive: true });
    await cp(folder, redis.dir, { recursive: true });
    await rm(folder, { recursive: true });
    await redis.restart();
  }
}

/** Kills Redis, empties its disk, and starts it. */
export async function loseDisk(redis: RedisServer): Promise<void> {
  await redis.kill();
  await rm(redis.dir, { recursive: true });
  await mkdir(redis.dir);
  await redis.restart();
}
