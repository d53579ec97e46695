import { describe, expect } from '@jest/globals';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expectNothingLost, scenario } from './world/scenario.js';

async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

describe('While Redis', () => {
  scenario('is frozen, sends are refused and streams stay silent', {}, async (world) => {
    await world.crowd();
    world.redis.pause();
    await world.refusals(4);
    const said = world.readers.map(({ observations }) => observations.length);
    await world.refusals(4);
    expect(world.readers.map(({ observations }) => observations.length)).toEqual(said);
    world.redis.resume();
    await world.flow(50);
    expect(world.count('disconnected')).toBe(0);
    expectNothingLost(await world.settle());
  });

  scenario('is frozen for long, nothing queues up for it', {}, async (world) => {
    await world.crowd();
    const { pid } = world.node(0);
    world.redis.pause();
    const flood = Array.from({ length: 10 }, () =>
      world.publish({ nodes: [0], isCareful: false, pauseMs: 5, fillingBytes: 60_000 }),
    );
    await world.refusals(5);
    const beforeMiB = await residentMiB(pid);
    await world.refusals(25);
    expect((await residentMiB(pid)) - beforeMiB).toBeLessThan(100);
    await Promise.all(flood.map((publisher) => publisher.giveUp()));
    world.redis.resume();
    await world.flow(20);
    expectNothingLost(await world.settle());
  });

  scenario('has no memory left, sends are refused until it has', {}, async (world) => {
    await world.crowd();
    await world.ask('CONFIG', 'SET', 'maxmemory', '1mb');
    await world.refusals(3);
    await world.ask('CONFIG', 'SET', 'maxmemory', '0');
    await world.flow(30);
    expectNothingLost(await world.settle());
  });

  scenario('is a replica, sends are refused until it is master', {}, async (world) => {
    await world.crowd();
    await world.ask('REPLICAOF', '127.0.0.1', '1');
    await world.refusals(3);
    await world.ask('REPLICAOF', 'NO', 'ONE');
    await world.flow(30);
    expectNothingLost(await world.settle());
  });

  scenario(
    'cannot save, sends are refused until it can',
    { redisArgs: ['--enable-protected-configs', 'local'] },
    async (world) => {
      await world.crowd();
      const admin = world.redis.client();
      await mkdir(join(world.redis.dir, 'taken'));
      await admin.config('SET', 'dbfilename', 'taken');
      await admin.config('SET', 'save', '3600 1');
      await admin.bgsave();
      while (!(await admin.info('persistence')).includes('rdb_last_bgsave_status:err'));
      await world.refusals(3);
      await admin.config('SET', 'save', '');
      await world.flow(30);
      expectNothingLost(await world.settle());
    },
  );

  scenario(
    'loads its data, sends are refused until it has',
    { redisArgs: ['--enable-debug-command', 'local'] },
    async (world) => {
      await world.crowd();
      const admin = world.redis.client();
      await admin.call('DEBUG', 'POPULATE', '1500');
      await Promise.all(world.publishers.map((publisher) => publisher.rest()));
      await admin.save();
      await world.redis.restartSlowly(
        ...['--key-load-delay', '1000', '--loading-process-events-interval-bytes', '1024'],
      );
      for (const publisher of world.publishers) publisher.goOn();
      await world.refusals(3);
      expect(world.redis.output).not.toContain('Ready to accept connections');
      await world.flow(30);
      expectNothingLost(await world.settle());
    },
  );
});
