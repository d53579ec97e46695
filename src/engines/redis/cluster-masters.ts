import type { ClusterNode } from './cluster-nodes.js';
import type { RedisMaster } from './redis-topology.js';
import { SLOT_COUNT } from './slots.js';

/**
 * Merges what several nodes say, taking the newest decision on each slot. A node that was cut off during a failover, or
 * while a slot moved, still reports the old owner, in an older epoch.
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
    // A master without slots may be about to get some.
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
