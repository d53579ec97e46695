import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Results } from '../../bench/report/results.js';
import { readArguments } from '../../bench/simulation/arguments.js';
import type { ChannelFigures } from '../../bench/simulation/channel-figures.js';
import { deliveryCpuUs, readConstants } from '../../bench/simulation/constants.js';
import { renderDocs } from '../../bench/simulation/docs.js';
import { makePlan } from '../../bench/simulation/plan.js';
import { HARDWARE, type Scenario } from '../../bench/simulation/scenario.js';
import { simulateStorm, type Storm } from '../../bench/simulation/storm.js';

const path = (relative: string) => fileURLToPath(new URL(`../../${relative}`, import.meta.url));
const read = (relative: string) => JSON.parse(readFileSync(path(relative), 'utf8')) as unknown;
const DOCS = path('docs/operations.md');

// Read anew each time: tests change their own.
const results = () => read('bench/results/latest.json') as Results;
const channels = () => read('bench/results/channels.json') as ChannelFigures;
const constants = readConstants(results(), channels());

describe('docs/operations.md', () => {
  test('says what was measured: npm run simulate -- --write-docs', async () => {
    const text = readFileSync(DOCS, 'utf8');
    expect(await renderDocs(text, constants, DOCS)).toBe(text);
  });

  test('would not pass with other figures', async () => {
    const text = readFileSync(DOCS, 'utf8');
    const others = { ...constants, cpuUsPerReturn: constants.cpuUsPerReturn * 2 };
    expect(await renderDocs(text, others, DOCS)).not.toBe(text);
    await expect(renderDocs('# Nothing', constants, DOCS)).rejects.toThrow(
      'no place for the table',
    );
  });
});

describe('The model', () => {
  test.each([
    ['memory', 'memory per reader'],
    ['connect', 'CPU per connect'],
    ['resume', 'CPU per reader that resumes'],
    ['send', 'CPU per send'],
    ['fanout', 'fanout of 1000 readers'],
  ])('refuses results without %s, and says so', (figure, named) => {
    const { figures, ...rest } = results();
    const without = { ...rest, figures: { ...figures, [figure]: [] } };
    expect(() => readConstants(without, channels())).toThrow(named);
  });

  test('refuses a row that failed, and a measurement that is none', () => {
    const given = results();
    const memory = given.figures.memory.map((row) => ({ ...row, failed: true }));
    const failed = { ...given, figures: { ...given.figures, memory } };
    expect(() => readConstants(failed, channels())).toThrow('memory per reader');
    const none = { ...channels(), redisCpuUsPerMessage: -1 };
    expect(() => readConstants(given, none)).toThrow('redisCpuUsPerMessage');
  });

  test('uses measured values at measured rates, and interpolates between them', () => {
    const { deliveries } = constants;
    for (const { perSecond, cpuUs } of deliveries) {
      expect(deliveryCpuUs(constants, perSecond)).toBeCloseTo(cpuUs);
    }
    expect(deliveryCpuUs(constants, 0)).toBe(deliveries[0]?.cpuUs);
    expect(deliveryCpuUs(constants, 1e9)).toBe(deliveries.at(-1)?.cpuUs);
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 1e5, noNaN: true }), (perSecond) => {
        const all = deliveries.map(({ cpuUs }) => cpuUs);
        const cpuUs = deliveryCpuUs(constants, perSecond);
        expect(cpuUs).toBeGreaterThanOrEqual(Math.min(...all) * 0.999);
        expect(cpuUs).toBeLessThanOrEqual(Math.max(...all) * 1.001);
      }),
    );
  });

  const scenarios: fc.Arbitrary<Scenario> = fc
    .record({
      readers: fc.integer({ min: 1000, max: 10_000_000 }),
      share: fc.double({ min: 0.0001, max: 1, noNaN: true }),
      perSecond: fc.double({ min: 0.001, max: 2, noNaN: true }),
      payloadBytes: fc.integer({ min: 1, max: 10_000 }),
      historyCount: fc.integer({ min: 1, max: 1000 }),
    })
    .map(({ readers, share, ...rest }) => ({
      ...{ name: 'any', readers, channels: Math.max(1, Math.round(readers * share)) },
      ...{ ...rest, historySeconds: 86_400 },
    }));

  test('never needs less for more', () => {
    const needs = (scenario: Scenario, hardware = HARDWARE) => {
      const { processes, machines, egressBitsPerSecond, memoryBytes, redis } = makePlan(
        scenario,
        constants,
        hardware,
      );
      return {
        processes,
        machines,
        egressBitsPerSecond,
        memoryBytes,
        redisBytes: redis.memoryBytes,
      };
    };
    fc.assert(
      fc.property(scenarios, (scenario) => {
        const { readers, channels: count, payloadBytes, historyCount } = scenario;
        const one = needs(scenario);
        const twice = needs({ ...scenario, readers: readers * 2, channels: count * 2 });
        expect(twice.machines).toBeGreaterThanOrEqual(one.machines);
        expect(twice.egressBitsPerSecond).toBeCloseTo(one.egressBitsPerSecond * 2, 0);
        expect(twice.redisBytes).toBeGreaterThanOrEqual(one.redisBytes);
        const larger = needs({ ...scenario, payloadBytes: payloadBytes * 2 });
        expect(larger.egressBitsPerSecond).toBeGreaterThan(one.egressBitsPerSecond);
        const longer = needs({ ...scenario, historyCount: historyCount * 2 });
        expect(longer.redisBytes).toBeGreaterThanOrEqual(one.redisBytes);
        const careful = needs(scenario, { ...HARDWARE, readersPerProcess: 9000 });
        // Even while a machine is away.
        const left = careful.processes * (1 - 1 / careful.machines);
        expect(readers / left).toBeLessThanOrEqual(9000.001);
      }),
      { numRuns: 300 },
    );
  });

  test('plans for no more than a machine, a process and a shard can do', () => {
    fc.assert(
      fc.property(scenarios, (scenario) => {
        const plan = makePlan(scenario, constants, HARDWARE);
        const { machines, processes, redis } = plan;
        expect(scenario.readers / processes).toBeLessThanOrEqual(HARDWARE.readersPerProcess);
        expect(processes / machines).toBeLessThanOrEqual(HARDWARE.cores);
        expect(plan.memoryBytes / machines).toBeLessThanOrEqual(HARDWARE.memoryBytes);
        expect(plan.egressBitsPerSecond / machines).toBeLessThan(HARDWARE.networkBitsPerSecond);
        expect(redis.memoryBytes / redis.shards).toBeLessThan(HARDWARE.redisMemoryBytes);
        expect(redis.channelBusy).toBeLessThanOrEqual(HARDWARE.utilisation);
      }),
      { numRuns: 300 },
    );
  });

  test('says when a channel is too much for whatever there is', () => {
    const one = { name: 'hot', readers: 50_000_000, channels: 1, payloadBytes: 110 };
    const history = { historyCount: 10, historySeconds: 60 };
    const hot = { ...one, ...history, perSecond: 100 };
    expect(() => makePlan(hot, constants, HARDWARE)).toThrow(
      /more than a (shard|process) can take/,
    );
  });
});

describe('A simulated storm', () => {
  const storms: fc.Arbitrary<Storm> = fc.record({
    readers: fc.integer({ min: 1, max: 6000 }),
    drainMs: fc.constantFrom(0, 10_000),
    retryMs: fc.constantFrom(0, 2000),
    retrySpread: fc.constantFrom(1, 2),
    serviceMs: fc.double({ min: 0.01, max: 2, noNaN: true }),
    freeShare: fc.double({ min: 0.3, max: 1, noNaN: true }),
    seed: fc.nat(),
  });

  test('is the same for the same seed, and brings no reader back before it was told to', () => {
    fc.assert(
      fc.property(storms, (storm) => {
        const outcome = simulateStorm(storm);
        expect(simulateStorm(storm)).toEqual(outcome);
        expect(outcome.p50Ms).toBeGreaterThanOrEqual(storm.retryMs);
        expect(outcome.p99Ms).toBeGreaterThanOrEqual(outcome.p50Ms);
        expect(outcome.maxMs).toBeGreaterThanOrEqual(outcome.p99Ms);
        expect(outcome.refusedShare > 0).toBe(outcome.refusedShare > 0 && storm.readers > 4096);
      }),
      { numRuns: 50 },
    );
  });

  test('takes at least as long as the process needs for all readers', () => {
    const storm = { readers: 10_000, drainMs: 0, retryMs: 2000, retrySpread: 1, seed: 1 };
    const { maxMs, refusedShare } = simulateStorm({ ...storm, serviceMs: 1, freeShare: 0.5 });
    expect(maxMs).toBeGreaterThanOrEqual(2000 + 10_000 * 2);
    expect(refusedShare).toBeGreaterThan(0);
  });

  test('is smaller at every process when readers are sent away in waves', () => {
    const common = { readers: 4000, retryMs: 2000, serviceMs: 0.3, freeShare: 0.5, seed: 1 };
    const crash = simulateStorm({ ...common, drainMs: 0, retrySpread: 1 });
    const drain = simulateStorm({ ...common, drainMs: 10_000, retrySpread: 2 });
    expect(drain.maxPerSecond).toBeLessThan(crash.maxPerSecond / 5);
    expect(drain.maxMs).toBeLessThan(4000 + 500);
  });
});

test('the command line names what it cannot take', () => {
  expect(readArguments(['--readers', '5000000', '--rate', '2']).scenario).toMatchObject({
    readers: 5_000_000,
    perSecond: 2,
  });
  expect(() => readArguments(['--readers', 'many'])).toThrow('--readers is a number');
  expect(() => readArguments(['--readers', '10', '--channels', '11'])).toThrow('--channels');
  expect(() => readArguments(['--utilisation', '2'])).toThrow('--utilisation');
});
