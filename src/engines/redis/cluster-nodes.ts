import type { RedisAddress } from '../../config/redis-options.js';

/** A node of a cluster, as one of them sees it. */
export interface ClusterNode extends RedisAddress {
  readonly id: string;
  /** By its address and by its name, if it announces one. */
  readonly names: readonly string[];
  readonly isMaster: boolean;
  readonly isHealthy: boolean;
  /** Of two that claim a slot, the one with the higher epoch has it. */
  readonly epoch: number;
  readonly slots: readonly (readonly [from: number, to: number])[];
}

/**
 * Reads the answer to CLUSTER NODES.
 * @param asked who answered; it may not know its own address
 * @param preferName whether a node that announces a host name is called by it
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
  // Behind the name come other details, as `shard-id=…`.
  const name = details.find((detail) => detail !== '' && !detail.includes('=')) ?? '';
  return {
    id,
    host: preferName && name !== '' ? name : ip,
    port,
    names: [`${ip}:${port}`, ...(name === '' ? [] : [`${name}:${port}`])],
    isMaster: flags.includes('master'),
    isHealthy: !flags.some((flag) => /^(fail\??|handshake|noaddr)$/.test(flag)),
    epoch: Number(epoch),
    // In brackets stand slots that are on the move, which count where they are.
    slots: ranges.filter((range) => !range.startsWith('[')).map(parseRange),
  };
}

function parseRange(range: string): [number, number] {
  const [from = '', to = from] = range.split('-');
  return [Number(from), Number(to)];
}
