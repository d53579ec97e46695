import type { Certificates } from './certificates.js';
import { freePort } from './free-port.js';
import { RedisServer } from './redis-server.js';

export interface RedisClusterOptions {
  /** A replica for each master. Default: none. */
  replicas?: boolean;
  /** With these, the nodes speak TLS among each other and, on a second port, with clients. */
  certificates?: Certificates;
  /** Come last on the command line of each node. */
  args?: readonly string[];
}

/** Short, so that the death of a master is noticed soon; long enough for a busy machine. */
const nodeTimeoutMs = 2_000;

/** A node of a cluster that knows no other yet. */
export async function launchClusterNode({
  certificates,
  args = [],
}: RedisClusterOptions): Promise<RedisServer> {
  const busPort = await freePort();
  const tlsPort = await freePort();
  const overTls = ['--tls-cluster', 'yes', '--tls-replication', 'yes'];
  const tls = certificates ? [...certificates.redisArgs(tlsPort), ...overTls] : [];
  return RedisServer.start({
    ...{ busPort, tlsPort: certificates && tlsPort },
    args: [
      ...['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf'],
      ...['--cluster-port', String(busPort)],
      ...['--cluster-node-timeout', String(nodeTimeoutMs)],
      // A replica that was cut off for a moment may still be promoted.
      ...['--cluster-replica-validity-factor', '0', '--repl-diskless-sync-delay', '0'],
      ...tls,
      ...args,
    ],
  });
}
