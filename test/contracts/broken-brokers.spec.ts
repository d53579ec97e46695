import { describe, expect, test } from '@jest/globals';
import type {
  Batch,
  Broker,
  BrokerChannel,
  ChannelListener,
  HistoryPage,
  HistoryQuery,
  PublishResult,
  Subscription,
} from '../../src/index.js';
import { MemoryBroker } from '../../src/engines/memory/memory-broker.js';
import { brokerContract, type Guarantee } from '../../src/testing/contract.js';
import { SETTINGS } from './settings.js';

class SkipsPositions extends MemoryBroker {
  override async publish(channel: BrokerChannel, batch: Batch): Promise<PublishResult> {
    await super.publish(channel, batch);
    return super.publish(channel, batch);
  }
}

class ForgetsKeys extends MemoryBroker {
  override publish(channel: BrokerChannel, { ...batch }: Batch): Promise<PublishResult> {
    return super.publish(channel, { ...batch, idempotencyKey: undefined });
  }
}

class DeliversTwice extends MemoryBroker {
  override subscribe(channel: BrokerChannel, listener: ChannelListener): Promise<Subscription> {
    return super.subscribe(channel, {
      message: (message) => {
        listener.message(message);
        listener.message(message);
      },
      gap: (gap) => listener.gap(gap),
    });
  }
}

class TellsOfNoGap extends MemoryBroker {
  override async read(channel: BrokerChannel, query: HistoryQuery): Promise<HistoryPage> {
    return { ...(await super.read(channel, query)), gap: undefined };
  }
}

class SaysItIsAway extends MemoryBroker {
  override isAvailable(): boolean {
    return false;
  }
}

class LeavesTimer extends MemoryBroker {
  override open(): Promise<void> {
    setInterval(() => undefined, 60_000).unref();
    return super.open();
  }
}

describe('The contract finds a broker that', () => {
  test.each<[string, Guarantee, new (settings: typeof SETTINGS) => Broker]>([
    ['skips positions', 1, SkipsPositions],
    ['forgets idempotency keys', 2, ForgetsKeys],
    ['delivers a message twice', 3, DeliversTwice],
    ['is open and says that it is not available', 3, SaysItIsAway],
    ['does not tell of a gap', 4, TellsOfNoGap],
    ['leaves a timer, even one that keeps nothing waiting', 6, LeavesTimer],
  ])('%s', async (_, guarantee, Broken) => {
    const cases = brokerContract(
      () => ({
        node: () => ({ createBroker: () => new Broken(SETTINGS) }),
        close: () => Promise.resolve(),
      }),
      { cannot: ['serve several nodes', 'lose its connection', 'lose messages'] },
    );
    const failed: string[] = [];
    for (const { name, run, guarantee: shown } of cases) {
      if (shown === guarantee) await run().catch(() => failed.push(name));
    }

    expect(failed).not.toEqual([]);
  });

  test('declares that it cannot lose what its world can', async () => {
    const cases = brokerContract(
      () => ({
        node: () => ({
          createBroker: () => new MemoryBroker(SETTINGS),
          link: { cut: resolved, silence: resolved, restore: resolved },
        }),
        store: { save: resolved, crash: resolved },
        close: resolved,
      }),
      { cannot: ['lose its connection', 'lose messages'] },
    );
    const declared = cases.filter(({ name }) => name.startsWith('is declared'));

    expect(declared.map(({ name }) => name)).toEqual([
      'is declared as one that cannot lose its connection',
      'is declared as one that cannot lose messages',
    ]);
    for (const { run } of declared) {
      await expect(run()).rejects.toThrow(/can lose/);
    }
  });

  test('has a world in which nothing can be broken, without declaring it', async () => {
    const cases = brokerContract(() => ({
      node: () => ({ createBroker: () => new MemoryBroker(SETTINGS) }),
      close: resolved,
    }));
    const outcomes = await Promise.allSettled(
      cases.filter(({ guarantee }) => guarantee === 5).map(({ run }) => run()),
    );

    expect(outcomes.map(({ status }) => status)).toEqual(outcomes.map(() => 'rejected'));
    expect(String((outcomes[0] as PromiseRejectedResult).reason)).toContain(
      "{ cannot: ['lose messages'] }",
    );
  });
});

const resolved = (): Promise<void> => Promise.resolve();
