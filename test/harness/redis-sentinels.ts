import { Redis } from 'ioredis';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import type { Certificates } from './certificates.js';
import { freePort } from './free-port.js';
import { RedisServer } from './redis-server.js';
import { ServerProcess } from './server-process.js';
import { until } from './until.js';

const name = 'birdsong-test';
const quorum = 2;

/** A master, its replica, and three Sentinels that watch them. */
export class RedisSentinels {
  private constructor(
    readonly redises: readonly [RedisServer, RedisServer],
    private readonly sentinels: readonly Sentinel[],
    private readonly dir: string,
  ) {}

  /**
   * Resolves once every Sentinel knows the others and the replica.
   * @param certificates with these, they speak TLS among each other and, on ports of their own, with clients
   */
  static async start(certificates?: Certificates): Promise<RedisSentinels> {
    const dir = await mkdtemp(join(tmpdir(), 'birdsong-sentinel-'));
    const master = await launchRedis(certificates);
    const replica = await launchRedis(certificates);
    const watchedPort = master.tlsPort ?? master.port;
    await replica.client().call('REPLICAOF', '127.0.0.1', String(watchedPort));
    const admin = master.client();
    await until('the replica follows', async () =>
      (await admin.info('replication')).includes('state=online'),
    );
    const tls = await certificates?.options();
    const sentinels = await Promise.all(
      [1, 2, 3].map(() => launch(dir, watchedPort, certificates, tls)),
    );
    const started = new RedisSentinels([master, replica], sentinels, dir);
    for (const { client } of sentinels) {
      await until('the Sentinels know each other', async () => {
        const flat = (await client.call('SENTINEL', 'MASTER', name)) as string[];
        const field = (of: string) => Number(flat[flat.indexOf(of) + 1]);
        return field('num-slaves') === 1 && field('num-other-sentinels') === 2;
      });
    }
    return started;
  }

  get options() {
    const nodes = this.sentinels.map(({ port }) => ({ host: '127.0.0.1', port }));
    return { sentinel: { name, nodes } };
  }

  /** As environment variables. */
  get env(): Record<string, string> {
    const list = this.sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',');
    return { REDIS_SENTINELS: list, REDIS_SENTINEL_NAME: name };
  }

  /** Resolves once most Sentinels name this one as the master. */
  async untilMaster({ port: plainPort, tlsPort: port = plainPort }: RedisServer): Promise<void> {
    await until(`${port} is the master`, async () => {
      const answers = await Promise.all(
        this.sentinels
          .filter(({ server }) => !server.hasExited)
          .map(({ client }) => client.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name)),
      );
      const agreed = answers.filter((answer) => (answer as string[])[1] === String(port));
      return agreed.length >= quorum;
    });
  }

  /** Gives every Sentinel a user who may ask who the master is, and no more. */
  async addUser({ username, password }: { username: string; password: string }): Promise<void> {
    const rights = ['on', `>${password}`, '-@all', '+sentinel|master'];
    await Promise.all(
      this.sentinels.map(({ client }) => client.call('ACL', 'SETUSER', username, ...rights)),
    );
  }

  /** Ends a Sentinel, the first; those that are left are a majority. */
  async killOne(): Promise<void> {
    await this.sentinels[0]?.server.end('SIGKILL');
  }

  async stop(): Promise<void> {
    this.sentinels.forEach(({ client }) => client.disconnect());
    await Promise.all(this.sentinels.map(({ server }) => server.end('SIGKILL')));
    await Promise.all(this.redises.map((redis) => redis.stop()));
    await rm(this.dir, { recursive: true, force: true });
  }
}

interface Sentinel {
  readonly port: number;
  readonly server: ServerProcess;
  readonly client: Redis;
}

async function launchRedis(certificates: Certificates | undefined): Promise<RedisServer> {
  const args = ['--repl-diskless-sync-delay', '0'];
  if (!certificates) return RedisServer.start({ args });
  const tlsPort = await freePort();
  const tls = [...certificates.redisArgs(tlsPort), '--tls-replication', 'yes'];
  return RedisServer.start({ tlsPort, args: [...args, ...tls] });
}

async function launch(
  dir: string,
  masterPort: number,
  certificates: Certificates | undefined,
  tls: ConnectionOptions | undefined,
): Promise<Sentinel> {
  const port = await freePort();
  const file = join(dir, `${port}.conf`);
  // It writes what it learns into this file.
  await writeFile(
    file,
    [
      certificates ? 'port 0' : `port ${port}`,
      'bind 127.0.0.1',
      `dir ${dir}`,
      `sentinel monitor ${name} 127.0.0.1 ${masterPort} ${quorum}`,
      `sentinel down-after-milliseconds ${name} 1000`,
      `sentinel failover-timeout ${name} 2000`,
      '',
    ].join('\n'),
  );
  const args = certificates ? [...certificates.redisArgs(port), '--tls-replication', 'yes'] : [];
  const server = new ServerProcess('redis-server', [file, '--sentinel', ...args]);
  await server.untilOutput(/\+monitor master/);
  const client = new Redis(port, '127.0.0.1', {
    ...{ disconnectTimeout: 1, enableReadyCheck: false, ...(tls && { tls }) },
  });
  client.on('error', () => undefined);
  return { port, server, client };
}
