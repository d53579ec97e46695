import { describe, expect } from '@jest/globals';
import { expectNothingFalse, expectNothingLost, scenario } from './world/scenario.js';
import { DURABLE } from './world/settings.js';

describe('When Redis fails over to a replica', () => {
  scenario('that has everything, nothing is lost', {}, async (world) => {
    const replication = await world.replicate();
    await world.crowd();
    await replication.handOver();
    await world.refusals(2);
    world.moveTo(replication.replica);
    await world.flow(30);
    expectNothingLost(await world.settle());
  });

  scenario('that lags, every reader is told of what it never had', {}, async (world) => {
    const replication = await world.replicate();
    await world.crowd();
    replication.link.blackhole();
    await world.flow(20);
    await replication.master.kill();
    await replication.promote();
    world.moveTo(replication.replica);
    await world.flow(60);
    const outcome = await world.settle();
    expectNothingFalse(outcome);
    expect(outcome.lost.length).toBeGreaterThan(0);
    for (const reader of world.readers) {
      expect(reader.count('gap')).toBe(reader.channels.length);
    }
  });
});

describe('When the connections of a node move to the new master one by one', () => {
  // Without a probe, which would hide how long readers would otherwise not be told.
  const env = { REDIS_PROBE_INTERVAL_MS: '600000' };

  scenario(
    'its readers get what was sent in between, even if nothing follows',
    { env },
    async (world) => {
      const replication = await world.replicate();
      const publisher = world.publish({ nodes: [1] });
      const reader = await world.read({ nodes: [0] });
      await world.flow(10);
      await publisher.rest();
      await replication.caughtUp();
      await replication.link.cut();
      await replication.promote();
      world.moveTo(replication.replica, [world.node(1)]);
      publisher.goOn();
      world.node(0).link.retarget(replication.replica.port);
      await world.accepted(20);
      world.node(0).link.break(/birdsong-subscriber/);
      await world.accepted(20);
      await publisher.rest();
      world.node(0).link.break(/birdsong-commands/);
      await world.level();
      expect(reader.count('disconnected')).toBe(0);
      expectNothingLost(await world.settle());
    },
  );
});

describe('When the old master lives on in isolation', () => {
  scenario(
    'with a node of its own, that node’s readers are told when they come back',
    {},
    async (world) => {
      const replication = await world.replicate();
      const isolated = world.publish({ nodes: [0] });
      const onward = world.publish({ nodes: [1] });
      const inside = await world.read({ nodes: [0] });
      const outside = await world.read({ nodes: [1] });
      await world.flow(20);
      await onward.rest();
      await replication.link.cut();
      await replication.promote();
      world.moveTo(replication.replica, [world.node(1)]);
      onward.goOn();
      await world.flow(30);
      // Both masters used the same offsets for different messages. Now the isolated node finds the new master.
      world.moveTo(replication.replica);
      await replication.master.kill();
      await world.flow(60);
      const outcome = await world.settle();
      // Redis replicates after it answers: what only the old master acknowledged is gone, and readers of the new one
      // never heard of it. Nothing else may be missing, and nothing false may be reported.
      const untold = outcome.violations.filter(({ kind }) => kind === 'untold');
      expect(untold.filter(({ witness }) => witness !== outside.reader)).toEqual([]);
      expect([...new Set(outcome.lost.map(({ publisher }) => publisher))]).toEqual([isolated.name]);
      expectNothingFalse({
        ...outcome,
        violations: outcome.violations.filter(({ kind }) => kind !== 'untold'),
      });
      expect(inside.count('gap')).toBe(1);
    },
  );

  scenario(
    'and must have a replica to write to, nothing acknowledged is lost',
    { redisArgs: [...DURABLE, '--min-replicas-to-write', '1', '--min-replicas-max-lag', '1'] },
    async (world) => {
      const replication = await world.replicate();
      const { master, replica } = replication;
      await replication.says(master, 'min_slaves_good_slaves:1');
      const isolated = world.publish({ nodes: [0] });
      world.publish({ nodes: [1] });
      await world.read({ nodes: [0] });
      await world.read({ nodes: [1] });
      await world.flow(20);
      // Messages acknowledged before the master notices could still be lost, so nothing is sent meanwhile.
      await Promise.all(world.publishers.map((publisher) => publisher.rest()));
      await replication.link.cut();
      await replication.says(master, 'min_slaves_good_slaves:0');
      await replication.promote();
      world.moveTo(replica, [world.node(1)]);
      for (const publisher of world.publishers) publisher.goOn();
      await world.soon(
        isolated.until((publisher) => publisher.count('refused') > 3),
        'not refused',
      );
      world.moveTo(replica);
      await master.kill();
      await world.flow(30);
      expectNothingLost(await world.settle());
    },
  );
});
