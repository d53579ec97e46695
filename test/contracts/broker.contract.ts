import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Broker, BrokerChannel, HistoryPage } from '../../src/broker/broker.port.js';
import { batch, dataOf, newChannel, offsets, publication } from './publications.js';
import { Recorder } from './recorder.js';

/** Where the contract runs: one broker for each node, all on the same messages. */
export interface BrokerWorld {
  /** A broker of one node, opened. */
  broker(): Promise<Broker>;
  /** Ends every broker and what they used. */
  close(): Promise<void>;
}

/** The guarantees of the port, the same for every implementation. */
export function brokerContract(name: string, createWorld: () => Promise<BrokerWorld>): void {
  describe(`${name} keeps the broker's guarantees:`, () => {
    let world: BrokerWorld;
    let broker: Broker;

    beforeEach(async () => {
      world = await createWorld();
      broker = await world.broker();
    });

    afterEach(() => world.close());

    const publishMany = async (channel: BrokerChannel, count: number, from = 1) => {
      for (let number = from; number < from + count; number++) {
        await broker.publish(channel, publication(number));
      }
    };

    test('positions count up without holes, in one epoch', async () => {
      const channel = newChannel();
      const first = await broker.publish(channel, publication('a'));
      const second = await broker.publish(channel, publication('b'));

      expect(first.first.offset).toBe(1);
      expect(second.first).toEqual({ epoch: first.first.epoch, offset: 2 });
      expect(Math.abs(first.first.epoch - Date.now())).toBeLessThan(60_000);
    });

    test('concurrent publishes get distinct positions and are delivered in their order', async () => {
      const channel = newChannel();
      const recorder = await Recorder.on(broker, channel);
      const accepted = await Promise.all(
        Array.from({ length: 300 }, (_, number) => broker.publish(channel, publication(number))),
      );

      const positions = accepted.map(({ first }) => first.offset).sort((a, b) => a - b);
      expect(positions).toEqual(Array.from({ length: 300 }, (_, index) => index + 1));
      const received = await recorder.messages(300);
      expect(received.map(({ position }) => position.offset)).toEqual(positions);
    });

    test('a repeat of an idempotency key answers the first and delivers nothing', async () => {
      const channel = newChannel();
      const recorder = await Recorder.on(broker, channel);
      const first = await broker.publish(
        channel,
        publication('once', { idempotencyKey: 'k', type: 'joke' }),
      );
      const again = await broker.publish(channel, publication('twice', { idempotencyKey: 'k' }));
      await broker.publish(channel, publication('other', { idempotencyKey: 'l' }));

      expect(first.duplicate).toBe(false);
      expect(again).toEqual({ ...first, duplicate: true });
      expect((await recorder.messages(2)).map(dataOf)).toEqual(['once', 'other']);
      expect((await broker.read(channel, { limit: 10 })).messages).toHaveLength(2);
    });

    test('concurrent repeats of a key make one message', async () => {
      const channel = newChannel();
      const accepted = await Promise.all(
        Array.from({ length: 20 }, () =>
          broker.publish(channel, publication('x', { idempotencyKey: 'same' })),
        ),
      );

      expect(new Set(accepted.map(({ first }) => first.offset))).toEqual(new Set([1]));
      expect(accepted.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    });

    test('a batch gets consecutive positions in its order, among other publishes', async () => {
      const channel = newChannel();
      const recorder = await Recorder.on(broker, channel);
      const accepted = await Promise.all(
        Array.from({ length: 20 }, (_, number) =>
          number % 2 === 0
            ? broker.publish(channel, batch(Array.from({ length: 100 }, (_, at) => [number, at])))
            : broker.publish(channel, publication([number, 0])),
        ),
      );

      const received = (await recorder.messages(1010)).map(dataOf);
      for (const [number, { first, types }] of accepted.entries()) {
        expect(types).toHaveLength(number % 2 === 0 ? 100 : 1);
        const at = first.offset - 1;
        expect(received.slice(at, at + types.length)).toEqual(
          types.map((_, index) => [number, index]),
        );
      }
      expect(recorder.gaps).toEqual([]);
    });

    test('a repeat of a batch by its key publishes none of it', async () => {
      const channel = newChannel();
      const first = await broker.publish(channel, batch([1, 2, 3], { idempotencyKey: 'b' }));
      const again = await broker.publish(channel, batch([1, 2, 3], { idempotencyKey: 'b' }));

      expect(again).toEqual({ ...first, duplicate: true });
      expect((await broker.read(channel, { limit: 10 })).messages.map(dataOf)).toEqual([1, 2, 3]);
    });

    test('a key counts for its own channel only', async () => {
      const here = await broker.publish(newChannel(), publication(1, { idempotencyKey: 'k' }));
      const there = await broker.publish(newChannel(), publication(1, { idempotencyKey: 'k' }));

      expect([here.duplicate, there.duplicate]).toEqual([false, false]);
    });

    test('a subscription begins behind what was published before it', async () => {
      const channel = newChannel();
      await publishMany(channel, 3);
      const recorder = await Recorder.on(broker, channel);
      await broker.publish(channel, publication(4));

      expect(recorder.subscription.position.offset).toBe(3);
      expect((await recorder.messages(1)).map(dataOf)).toEqual([4]);
    });

    test('a subscriber sees each message once and in order, however it joins', async () => {
      const channel = newChannel();
      const publishing = publishMany(channel, 500);
      const recorder = await Recorder.on(broker, channel);
      await publishing;

      const expected = 500 - recorder.subscription.position.offset;
      const received = await recorder.messages(expected);
      expect(received.map(dataOf)).toEqual(
        Array.from({ length: expected }, (_, index) => 501 - expected + index),
      );
      expect(recorder.gaps).toEqual([]);
    });

    test('a message has its position, its type and the JSON that was published', async () => {
      const channel = newChannel();
      const recorder = await Recorder.on(broker, channel);
      const data = { text: 'é\u2028\n "quoted" 😀', list: [1, null, { deep: true }] };
      const { first: position } = await broker.publish(
        channel,
        publication(data, { type: 'odd.type' }),
      );
      const [message] = await recorder.messages(1);

      expect(message?.type).toBe('odd.type');
      expect(message?.position).toEqual(position);
      expect(JSON.parse(message?.json ?? '')).toMatchObject({
        id: `${position.epoch}-${position.offset}`,
        type: 'odd.type',
        data,
      });
      expect((await broker.read(channel, { limit: 1 })).messages[0]).toEqual(message);
    });

    test('after a subscription is closed nothing comes, and a new one begins where it begins', async () => {
      const channel = newChannel();
      const recorder = await Recorder.on(broker, channel);
      await publishMany(channel, 1);
      await recorder.messages(1);
      recorder.subscription.close();
      await publishMany(channel, 2, 2);
      const again = await Recorder.on(broker, channel);
      await publishMany(channel, 1, 4);

      expect((await again.messages(1)).map(dataOf)).toEqual([4]);
      expect(recorder.received.map(dataOf)).toEqual([1]);
    });

    test('a channel without messages has a position that keeps its worth', async () => {
      const channel = newChannel();
      const { newest, messages, gap } = await broker.read(channel, { limit: 10 });
      await publishMany(channel, 2);
      const behind = await broker.read(channel, { after: newest, limit: 10 });

      expect(newest.offset).toBe(0);
      expect([messages.length, gap]).toEqual([0, undefined]);
      expect([offsets(behind), behind.gap]).toEqual([[1, 2], undefined]);
    });

    test('reads pages behind a position, the oldest first', async () => {
      const channel = newChannel();
      await publishMany(channel, 10);
      const { newest } = await broker.read(channel, { limit: 0 });
      const at = (offset: number) => ({ epoch: newest.epoch, offset });

      expect(offsets(await broker.read(channel, { after: at(0), limit: 4 }))).toEqual([1, 2, 3, 4]);
      expect(offsets(await broker.read(channel, { after: at(8), limit: 4 }))).toEqual([9, 10]);
      expect(offsets(await broker.read(channel, { after: at(10), limit: 4 }))).toEqual([]);
      expect(
        offsets(await broker.read(channel, { after: at(2), before: at(6), limit: 9 })),
      ).toEqual([3, 4, 5]);
    });

    test('reads the newest, and the newest before a position, in order', async () => {
      const channel = newChannel();
      await publishMany(channel, 10);
      const { newest } = await broker.read(channel, { limit: 0 });
      const before = { epoch: newest.epoch, offset: 5 };

      expect(offsets(await broker.read(channel, { limit: 3 }))).toEqual([8, 9, 10]);
      expect(offsets(await broker.read(channel, { before, limit: 3 }))).toEqual([2, 3, 4]);
      expect(
        offsets(await broker.read(channel, { before: { ...before, offset: 1 }, limit: 3 })),
      ).toEqual([]);
    });

    test('keeps as many messages as the channel says, the newest', async () => {
      const channel = newChannel({ count: 5 });
      await publishMany(channel, 12);
      const page = await broker.read(channel, { limit: 100 });

      expect(offsets(page)).toEqual([8, 9, 10, 11, 12]);
      expect(page.newest.offset).toBe(12);
    });

    test('keeps messages no longer than the channel says, and keeps the position', async () => {
      const channel = newChannel({ ageSeconds: 1 });
      await publishMany(channel, 3);
      const { newest } = await broker.read(channel, { limit: 0 });
      let page: HistoryPage;
      // Reads until the messages are gone; the test's own deadline bounds it.
      do {
        page = await broker.read(channel, { after: { ...newest, offset: 0 }, limit: 10 });
      } while (page.messages.length > 0);
      const next = await broker.publish(channel, publication('later'));

      expect([page.gap?.oldest, page.gap?.resumeAt]).toEqual([undefined, newest]);
      expect(page.newest).toEqual(newest);
      expect(next.first).toEqual({ ...newest, offset: 4 });
      expect((await broker.read(channel, { after: newest, limit: 10 })).gap).toBeUndefined();
    });

    test.each<[string, (newest: HistoryPage['newest']) => HistoryPage['newest'], boolean]>([
      ['the newest', (newest) => newest, false],
      ['just before the oldest kept', (newest) => ({ ...newest, offset: 7 }), false],
      ['one older than that', (newest) => ({ ...newest, offset: 6 }), true],
      ['the beginning', (newest) => ({ ...newest, offset: 0 }), true],
      ['the future', (newest) => ({ ...newest, offset: 13 }), true],
      ['an older epoch', (newest) => ({ ...newest, epoch: newest.epoch - 1 }), true],
      ['a later epoch', (newest) => ({ epoch: newest.epoch + 1, offset: 10 }), true],
    ])('says of a read behind %s whether there is a gap', async (_name, from, isGap) => {
      const channel = newChannel({ count: 5 });
      await publishMany(channel, 12);
      const { newest } = await broker.read(channel, { limit: 0 });
      const page = await broker.read(channel, { after: from(newest), limit: 100 });

      const { epoch } = newest;
      const gap = {
        after: from(newest),
        oldest: { epoch, offset: 8 },
        resumeAt: { epoch, offset: 7 },
      };
      expect(page.gap).toEqual(isGap ? gap : undefined);
      if (isGap) {
        expect(offsets(page)).toEqual([8, 9, 10, 11, 12]);
      }
    });

    test('a position of another epoch is before nothing', async () => {
      const channel = newChannel();
      await publishMany(channel, 3);
      const page = await broker.read(channel, { before: { epoch: 1, offset: 3 }, limit: 10 });

      expect(page.messages).toEqual([]);
      expect(page.gap).toBeDefined();
    });

    test('channels are apart', async () => {
      const [one, other] = [newChannel(), newChannel()];
      const recorder = await Recorder.on(broker, one);
      await broker.publish(other, publication('other'));
      await broker.publish(one, publication('one'));

      expect((await recorder.messages(1)).map(dataOf)).toEqual(['one']);
      expect((await broker.read(other, { limit: 10 })).messages).toHaveLength(1);
    });

    test('it says that it is available', () => {
      expect(broker.isAvailable()).toBe(true);
    });
  });
}
