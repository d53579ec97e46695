import { RedisTopology, type RedisMaster } from './redis-topology.js';
import { SLOT_COUNT } from './slots.js';

/** A single Redis at a fixed address. */
export class SingleTopology extends RedisTopology {
  private readonly master: RedisMaster;

  constructor(url: string) {
    super();
    const { hostname, port } = new URL(url);
    this.master = {
      host: hostname,
      port: Number(port || 6379),
      names: [],
      slots: [[0, SLOT_COUNT - 1]],
    };
  }

  override masters(): Promise<readonly RedisMaster[]> {
    return Promise.resolve([this.master]);
  }
}
