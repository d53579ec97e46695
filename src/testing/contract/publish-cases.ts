import { deepStrictEqual as same, equal, ok } from 'node:assert/strict';
import { defineCase, type CaseDefinition } from './contract-case.js';
import { batch, dataOf, newChannel, offsets, publication } from './publications.js';
import { Recorder } from './recorder.js';
import { upTo } from './case-context.js';

const MANY = 300;

/** Cases about positions, batches and repeats. */
export const publishCases: readonly CaseDefinition[] = [
  defineCase(1, 'positions count up without holes, in one epoch', async (context) => {
    const broker = await context.open();
    const channel = newChannel();
    const first = await broker.publish(channel, publication('a'));
    const second = await broker.publish(channel, publication('b'));

    equal(first.first.offset, 1);
    same(second.first, { epoch: first.first.epoch, offset: 2 });
    ok(Math.abs(first.first.epoch - Date.now()) < 60_000, 'an epoch is the time at which it began');
  }),

  defineCase(
    1,
    'concurrent publishes get distinct positions and arrive in that order',
    async (context) => {
      const broker = await context.open();
      const channel = newChannel();
      const recorder = await Recorder.on(broker, channel);
      const results = await Promise.all(
        upTo(MANY).map((number) => broker.publish(channel, publication(number))),
      );
      const positions = results.map(({ first }) => first.offset).sort((a, b) => a - b);
      const received = await recorder.messages(MANY);

      same(positions, upTo(MANY));
      same(
        received.map(({ position }) => position.offset),
        upTo(MANY),
      );
      same(
        received.map(dataOf),
        upTo(MANY).map((offset) => 1 + results.findIndex(({ first }) => first.offset === offset)),
      );
    },
  ),

  defineCase(
    1,
    'a batch gets consecutive positions in its order, among other publishes',
    async (context) => {
      const broker = await context.open();
      const channel = newChannel();
      const recorder = await Recorder.on(broker, channel);
      const sizes = upTo(20).map((number) => (number % 2 === 0 ? 100 : 1));
      const results = await Promise.all(
        sizes.map((size, number) =>
          broker.publish(channel, batch(upTo(size).map((part) => [number, part]))),
        ),
      );
      const received = (await recorder.messages(1010)).map(dataOf);

      for (const [number, { first, types }] of results.entries()) {
        const size = sizes[number] ?? 0;
        equal(types.length, size);
        same(
          received.slice(first.offset - 1, first.offset - 1 + size),
          upTo(size).map((part) => [number, part]),
        );
      }
      same(recorder.gaps, []);
    },
  ),

  defineCase(1, 'acknowledged messages are in history', async (context) => {
    const broker = await context.open();
    const channel = newChannel();
    for (const number of upTo(50)) {
      const { first } = await broker.publish(channel, publication(number));
      same((await broker.read(channel, { limit: 1 })).newest, first);
    }
    same(offsets(await broker.read(channel, { limit: 100 })), upTo(50));
  }),

  defineCase(1, 'channels are separate', async (context) => {
    const broker = await context.open();
    const [one, other] = [newChannel(), newChannel()];
    const recorder = await Recorder.on(broker, one);
    await broker.publish(other, publication('other'));
    await broker.publish(one, publication('one'));

    same((await recorder.messages(1)).map(dataOf), ['one']);
    same((await broker.read(other, { limit: 10 })).messages.map(dataOf), ['other']);
  }),

  defineCase(
    1,
    'listeners on every node get messages in the same order, whichever node published them',
    async (context) => {
      const channel = newChannel();
      const [one, two] = [await context.open(), await context.open()];
      const recorders = [await Recorder.on(one, channel), await Recorder.on(two, channel)];
      await Promise.all(
        upTo(MANY).map((number) => (number % 2 ? one : two).publish(channel, publication(number))),
      );
      const [atOne, atTwo] = await Promise.all(
        recorders.map((recorder) => recorder.messages(MANY)),
      );

      same(atOne, atTwo);
      same(
        atOne?.map(({ position }) => position.offset),
        upTo(MANY),
      );
    },
    'serve several nodes',
  ),

  defineCase(
    2,
    'a repeat of an idempotency key returns the first result and delivers nothing',
    async (context) => {
      const broker = await context.open();
      const channel = newChannel();
      const recorder = await Recorder.on(broker, channel);
      const first = await broker.publish(
        channel,
        publication('once', { idempotencyKey: 'k', type: 'joke' }),
      );
      const again = await broker.publish(channel, publication('twice', { idempotencyKey: 'k' }));
      await broker.publish(channel, publication('other', { idempotencyKey: 'l' }));

      equal(first.duplicate, false);
      same(again, { ...first, duplicate: true });
      same((await recorder.messages(2)).map(dataOf), ['once', 'other']);
      equal((await broker.read(channel, { limit: 10 })).messages.length, 2);
    },
  ),

  defineCase(2, 'concurrent repeats of a key make one message', async (context) => {
    const broker = await context.open();
    const channel = newChannel();
    const results = await Promise.all(
      upTo(20).map(() => broker.publish(channel, publication('x', { idempotencyKey: 'same' }))),
    );

    same([...new Set(results.map(({ first }) => first.offset))], [1]);
    equal(results.filter(({ duplicate }) => !duplicate).length, 1);
  }),

  defineCase(2, 'a repeat of a batch publishes none of it', async (context) => {
    const broker = await context.open();
    const channel = newChannel();
    const first = await broker.publish(channel, batch([1, 2, 3], { idempotencyKey: 'b' }));
    const again = await broker.publish(channel, batch([1, 2, 3], { idempotencyKey: 'b' }));

    same(again, { ...first, duplicate: true });
    same((await broker.read(channel, { limit: 10 })).messages.map(dataOf), [1, 2, 3]);
  }),

  defineCase(2, 'a key applies only to its own channel', async (context) => {
    const broker = await context.open();
    const here = await broker.publish(newChannel(), publication(1, { idempotencyKey: 'k' }));
    const there = await broker.publish(newChannel(), publication(1, { idempotencyKey: 'k' }));

    same([here.duplicate, there.duplicate], [false, false]);
  }),

  defineCase(
    2,
    'a repeat on another node is still a repeat',
    async (context) => {
      const channel = newChannel();
      const [one, two] = [await context.open(), await context.open()];
      const first = await one.publish(channel, publication('once', { idempotencyKey: 'k' }));
      const again = await two.publish(channel, publication('twice', { idempotencyKey: 'k' }));

      same(again, { ...first, duplicate: true });
    },
    'serve several nodes',
  ),
];
