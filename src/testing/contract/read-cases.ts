import { deepStrictEqual as same, equal, notEqual } from 'node:assert/strict';
import { PAGE_BYTES } from '../../broker/broker.port.js';
import type { Position } from '../../protocol/position.js';
import { defineCase, type CaseDefinition } from './contract-case.js';
import { eventually } from './eventually.js';
import { dataOf, newChannel, offsets, publication } from './publications.js';
import { publishAll, upTo } from './case-context.js';

/** Positions to read after, with 5 of 12 messages kept, and whether there is a gap. */
const PLACES: readonly [name: string, from: (newest: Position) => Position, isGap: boolean][] = [
  ['the newest', (newest) => newest, false],
  ['the one before the oldest kept', (newest) => ({ ...newest, offset: 7 }), false],
  ['one older than that', (newest) => ({ ...newest, offset: 6 }), true],
  ['the beginning', (newest) => ({ ...newest, offset: 0 }), true],
  ['the future', (newest) => ({ ...newest, offset: 13 }), true],
  ['an older epoch', (newest) => ({ ...newest, epoch: newest.epoch - 1 }), true],
  ['a later epoch', (newest) => ({ epoch: newest.epoch + 1, offset: 10 }), true],
];

/** Cases about history while nothing fails. */
export const readCases: readonly CaseDefinition[] = [
  defineCase(4, 'a channel without messages has a position that stays valid', async (context) => {
    const broker = await context.open();
    const channel = newChannel();
    const { newest, messages, gap } = await broker.read(channel, { limit: 10 });
    await publishAll(broker, channel, upTo(2));
    const behind = await broker.read(channel, { after: newest, limit: 10 });

    same([newest.offset, messages, gap], [0, [], undefined]);
    same([offsets(behind), behind.gap], [[1, 2], undefined]);
  }),

  defineCase(4, 'reads pages after a position, oldest first', async (context) => {
    const broker = await context.open();
    const channel = newChannel();
    await publishAll(broker, channel, upTo(10));
    const { epoch } = (await broker.read(channel, { limit: 0 })).newest;
    const read = async (after: number, limit: number, before?: number) =>
      offsets(
        await broker.read(channel, {
          after: { epoch, offset: after },
          before: before === undefined ? undefined : { epoch, offset: before },
          limit,
        }),
      );

    same(await read(0, 4), [1, 2, 3, 4]);
    same(await read(8, 4), [9, 10]);
    same(await read(10, 4), []);
    same(await read(2, 9, 6), [3, 4, 5]);
  }),

  defineCase(4, 'reads the newest, and the newest before a position, in order', async (context) => {
    const broker = await context.open();
    const channel = newChannel();
    await publishAll(broker, channel, upTo(10));
    const { epoch } = (await broker.read(channel, { limit: 0 })).newest;
    const before = async (offset: number) =>
      offsets(await broker.read(channel, { before: { epoch, offset }, limit: 3 }));

    same(offsets(await broker.read(channel, { limit: 3 })), [8, 9, 10]);
    same(await before(5), [2, 3, 4]);
    same(await before(1), []);
  }),

  defineCase(
    4,
    'pages of large messages are short, and follow on from each other',
    async (context) => {
      const broker = await context.open();
      const channel = newChannel();
      const count = 20;
      await publishAll(broker, channel, Array<string>(count).fill('x'.repeat(PAGE_BYTES / 9)));
      const { newest } = await broker.read(channel, { limit: 0 });
      const pages: number[][] = [];
      for (let after = { ...newest, offset: 0 }; after.offset < newest.offset;) {
        const page = offsets(await broker.read(channel, { after, limit: count }));
        pages.push(page);
        after = { ...newest, offset: page.at(-1) ?? NaN };
      }

      same(pages.flat(), upTo(count));
      same(
        pages.filter(({ length }) => length > 8),
        [],
      );
    },
  ),

  defineCase(
    4,
    'keeps only the newest messages, as many as the channel allows',
    async (context) => {
      const broker = await context.open();
      const channel = newChannel({ count: 5 });
      await publishAll(broker, channel, upTo(12));
      const page = await broker.read(channel, { limit: 100 });

      same([offsets(page), page.newest.offset], [[8, 9, 10, 11, 12], 12]);
    },
  ),

  defineCase(
    4,
    'keeps messages no longer than the channel allows, and keeps the position',
    async (context) => {
      const broker = await context.open();
      const channel = newChannel({ ageSeconds: 1 });
      await publishAll(broker, channel, upTo(3));
      const { newest } = await broker.read(channel, { limit: 0 });
      const read = (after: Position) => broker.read(channel, { after, limit: 10 });
      await eventually(
        async () => (await read({ ...newest, offset: 0 })).messages.length === 0,
        () => 'messages are kept longer than one second',
      );
      const { gap, newest: still } = await read({ ...newest, offset: 0 });
      const next = await broker.publish(channel, publication('later'));

      same([gap?.oldest, gap?.resumeAt, still], [undefined, newest, newest]);
      same(next.first, { ...newest, offset: 4 });
      equal((await read(newest)).gap, undefined);
    },
  ),

  ...PLACES.map(([name, from, isGap]) =>
    defineCase(4, `says whether there is a gap after ${name}`, async (context) => {
      const broker = await context.open();
      const channel = newChannel({ count: 5 });
      await publishAll(broker, channel, upTo(12));
      const { newest } = await broker.read(channel, { limit: 0 });
      const after = from(newest);
      const page = await broker.read(channel, { after, limit: 100 });
      const { epoch } = newest;
      const gap = { after, oldest: { epoch, offset: 8 }, resumeAt: { epoch, offset: 7 } };

      same(page.gap, isGap ? gap : undefined);
      same(page.messages.map(dataOf), after.offset === 12 && !isGap ? [] : [8, 9, 10, 11, 12]);
    }),
  ),

  defineCase(4, 'nothing comes before a position of another epoch', async (context) => {
    const broker = await context.open();
    const channel = newChannel();
    await publishAll(broker, channel, upTo(3));
    const page = await broker.read(channel, { before: { epoch: 1, offset: 3 }, limit: 10 });

    same(page.messages, []);
    notEqual(page.gap, undefined);
  }),
];
