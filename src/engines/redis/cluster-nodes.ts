import type { RedisAddress } from '../../config/redis-options.js';

/** A node of a cluster, as another node describes it. */
export interface ClusterNode extends RedisAddress {
  readonly id: string;
  /** `host:port` by its IP address, and by its host name if it announces one. */
  readonly names: readonly string[];
  readonly isMaster: boolean;
  readonly isHealthy: boolean;
  /** If two nodes claim a slot, the one with the higher epoch has it. */
  readonly epoch: number;
  readonly slots: readonly (readonly [from: number, to: number])[];
}

/**
 * Parses the answer to CLUSTER NODES.
 * @param asked the node that answered; it may not know its own address
 * @param preferName whether to use the host name that a node announces
 */
export function parseClusterNodes(
  text: string,
  asked: RedisAddress,
  preferName: boolean,
): ClusterNode[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => parseNode(line, asked, preferName));
}

/** `<id> <ip>:<port>@<bus port>[,<name>] <flags> <master> <ping> <pong> <epoch> <link> <slot> …` */
function parseNode(line: string, asked: RedisAddress, preferName: boolean): ClusterNode {
  const [id = '', endpoint = '', flagList = '', , , , epoch = '', , ...ranges] = line.split(' ');
  const flags = flagList.split(',');
  const [address = '', ...details] = endpoint.split(',');
  const colon = address.lastIndexOf(':');
  const ip = address.slice(0, colon) || (flags.includes('myself') ? asked.host : '');
  const port = Number(address.slice(colon + 1).split('@')[0]);
  // After the name come other details, such as `shard-id=…`.
  const name = details.find((detail) => detail !== '' && !detail.includes('=')) ?? '';
  return {
    id,
    host: preferName && name !== '' ? name : ip,
    port,
    names: [`${ip}:${port}`, ...(name === '' ? [] : [`${name}:${port}`])],
    isMaster: flags.includes('master'),
    isHealthy: !flags.some((flag) => /^(fail\??|handshake|noaddr)$/.test(flag)),
    epoch: Number(epoch),
    // Slots that are moving are in brackets. They still count for the node that has them now.
    slots: ranges.filter((range) => !range.startsWith('[')).map(parseRange),
  };
}

function parseRange(range: string): [number, number] {
  const [from = '', to = from] = range.split('-');
  return [Number(from), Number(to)];
}
