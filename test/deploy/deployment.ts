import { randomUUID } from 'node:crypto';
import { BirdsongNode } from '../harness/birdsong-node.js';
import { freePort } from '../harness/free-port.js';
import { type HttpAnswer, request } from '../harness/http-client.js';
import { RedisServer } from '../harness/redis-server.js';
import { SseReader } from '../harness/sse-reader.js';
import { NginxServer } from './nginx-server.js';

/** What docker-compose.yaml describes, without Docker: nginx, two nodes, one Redis. */
export class Deployment {
  private readonly readers: SseReader[] = [];
  private readonly replacements: BirdsongNode[] = [];

  private constructor(
    private readonly redis: RedisServer,
    readonly nodes: readonly [BirdsongNode, BirdsongNode],
    readonly nginx: NginxServer,
  ) {}

  static async start(): Promise<Deployment> {
    const redis = await RedisServer.start();
    const env = { REDIS_URL: redis.url };
    const start = async (): Promise<BirdsongNode> =>
      BirdsongNode.start({ env, port: await freePort() });
    const nodes = await Promise.all([start(), start()]);
    const nginx = await NginxServer.start([nodes[0].port, nodes[1].port]);
    return new Deployment(redis, nodes, nginx);
  }

  /** Starts a node on the port of one that has ended. */
  async replace(node: BirdsongNode): Promise<BirdsongNode> {
    const env = { REDIS_URL: this.redis.url };
    const replacement = await BirdsongNode.start({ env, port: node.port });
    this.replacements.push(replacement);
    return replacement;
  }

  /** Sends through nginx, once. */
  send(channel: string, data: unknown, headers: Record<string, string> = {}): Promise<HttpAnswer> {
    return request(`${this.nginx.url}/channels/${channel}/messages`, { json: { data }, headers });
  }

  /** Sends through nginx as the protocol advises: with one key, and again while the answer is 503. */
  async sendUntilAccepted(channel: string, data: unknown): Promise<HttpAnswer> {
    const headers = { 'Idempotency-Key': randomUUID() };
    for (;;) {
      const answer = await this.send(channel, data, headers);
      if (answer.status !== 503) return answer;
    }
  }

  /** Opens a stream through nginx and waits for its `stream.ready`; `stop()` closes it. */
  async read(channel: string, lastEventId?: string): Promise<SseReader> {
    const reader = await SseReader.open(`${this.nginx.url}/channels/${channel}/events`, {
      headers: {
        'Accept-Encoding': 'gzip, deflate, br',
        ...(lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId }),
      },
    });
    this.readers.push(reader);
    await reader.next(({ event }) => event === 'stream.ready');
    return reader;
  }

  async stop(): Promise<void> {
    await Promise.all(this.readers.map((reader) => reader.close()));
    await this.nginx.stop();
    await Promise.all([...this.nodes, ...this.replacements].map((node) => node.stop()));
    await this.redis.stop();
  }
}
