import type { ClusterNode } from './cluster-nodes.js';
import type { RedisMaster } from './redis-topology.js';
import { SLOT_COUNT } from './slots.js';

/**
 * What several nodes say in one: of each slot, what was decided last. A node that was cut off during a failover
 * or while a slot moved says what was before, in an older epoch.
 */
export function mastersOf(nodes: readonly ClusterNode[]): RedisMaster[] {
  const owners = new Array<ClusterNode | undefined>(SLOT_COUNT);
  const masters = new Map<string, ClusterNode>();
  for (const node of nodes) {
    for (const [from, to] of node.slots) {
      for (let slot = from; slot <= to; slot++) {
        const owner = owners[slot];
        owners[slot] = owner && owner.epoch >= node.epoch ? owner : node;
      }
    }
    // Without slots: one that is about to be given some.
    if (node.isMaster && node.isHealthy && node.slots.length === 0) {
      masters.set(node.id, node);
    }
  }
  const slots = new Map<string, [from: number, to: number][]>();
  for (const [slot, owner] of owners.entries()) {
    if (owner) {
      masters.set(owner.id, owner);
      addTo(slots, owner.id, slot);
    }
  }
  return [...masters].map(([id, { host, port, names }]) => ({
    ...{ host, port, names },
    slots: slots.get(id) ?? [],
  }));
}

function addTo(slots: Map<string, [number, number][]>, id: string, slot: number): void {
  const ranges = slots.get(id) ?? [];
  slots.set(id, ranges);
  const last = ranges.at(-1);
  if (last?.[1] === slot - 1) {
    last[1] = slot;
  } else {
    ranges.push([slot, slot]);
  }
}
