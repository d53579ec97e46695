import { deepStrictEqual as same, equal } from 'node:assert/strict';
import type { EncodedMessage } from '../../protocol/message.js';
import { formatPosition, type Position } from '../../protocol/position.js';
import { upTo } from './case-context.js';
import { defineCase, type CaseDefinition } from './contract-case.js';
import { offsets } from './publications.js';
import { Recorder } from './recorder.js';
import { parse, Room } from './room.js';

/** Cases about messages that are edited and deleted. */
export const reviseCases: readonly CaseDefinition[] = [
  defineCase(
    7,
    'an edited message has its new data in its place, and is announced',
    async (context) => {
      const room = new Room(await context.open());
      const recorder = await Recorder.on(room.broker, room.channel);
      await room.send(upTo(3));
      equal(await room.edit(2, 'new'), 1);
      const messages = await recorder.messages(4);
      const announced = parse(messages[3]);
      const kept = await room.all();

      same(await room.data(), [1, 'new', 3, { id: await room.id(2), data: 'new' }]);
      same([announced.type, announced.data], ['stream.edited', kept[3]?.data]);
      same(kept[1]?.editedAt, announced.createdAt);
    },
  ),

  defineCase(7, 'a second edit leaves nothing of the first', async (context) => {
    const room = new Room(await context.open());
    await room.send(upTo(2));
    equal(await room.edit(1, 'secret'), 1);
    equal(await room.edit(1, 'public'), 1);

    same(await room.types(), ['message', 'message', 'stream.deleted', 'stream.edited']);
    equal((await room.text()).includes('secret'), false);
    equal((await room.data())[0], 'public');
  }),

  defineCase(7, 'an edit of a message that is not as expected changes nothing', async (context) => {
    const room = new Room(await context.open());
    await room.send(upTo(2));
    const [first] = await room.page();
    equal(await room.edit(1, 'new'), 1);
    const before = await room.text();

    equal(await room.edit(1, 'late', first), 'conflict');
    equal(await room.text(), before);
  }),

  defineCase(7, 'a deleted message leaves a placeholder, without a gap', async (context) => {
    const room = new Room(await context.open());
    const recorder = await Recorder.on(room.broker, room.channel);
    await room.send(['a', 'b', 'secret', 'd', 'e', 'f']);
    const sent = (await room.all())[2];
    equal(await room.delete(3), 1);
    const placeholder = {
      id: await room.id(3),
      channel: room.channel.name,
      type: 'stream.deleted',
      data: { ids: [await room.id(3)] },
      createdAt: sent?.createdAt,
    };
    const announced = parse((await recorder.messages(7))[6]);

    same((await room.all())[2], placeholder);
    same([announced.type, announced.data], ['stream.deleted', placeholder.data]);
    equal((await room.text()).includes('secret'), false);
    for (const [after, before, limit, expected] of [
      [0, undefined, 100, [1, 2, 3, 4, 5, 6, 7]],
      [1, undefined, 2, [2, 3]],
      [2, undefined, 1, [3]],
      [2, 4, 9, [3]],
      [3, undefined, 2, [4, 5]],
      [undefined, undefined, 5, [3, 4, 5, 6, 7]],
      [undefined, 5, 2, [3, 4]],
      [undefined, 4, 1, [3]],
      [undefined, 3, 9, [1, 2]],
    ] as const) {
      const page = await room.read(after, before, limit);
      same([offsets(page), page.gap], [expected, undefined], `${after} ${before} ${limit}`);
    }
  }),

  defineCase(7, 'the oldest messages can be deleted and edited, without a gap', async (context) => {
    const room = new Room(await context.open());
    await room.send(upTo(3));
    for (const offset of [1, 2, 3]) {
      equal(await room.delete(offset), 1);
    }
    await room.send([7, 8]);
    equal(await room.edit(7, 'seven'), 1);
    const page = await room.read(1, undefined, 3);

    same([offsets(page), page.gap], [[2, 3, 4], undefined]);
    same(offsets(await room.read(undefined, undefined, 100)), upTo(9));
    same(offsets(await room.read(undefined, 4, 2)), [2, 3]);
    same((await room.data())[6], 'seven');
  }),

  defineCase(7, 'an edited message that is deleted takes its edits with it', async (context) => {
    const room = new Room(await context.open());
    await room.send(upTo(2));
    equal(await room.edit(1, 'secret'), 1);
    equal(await room.delete(1), 1);
    const [first, , third] = await room.page();

    same(await room.types(), ['stream.deleted', 'message', 'stream.deleted', 'stream.deleted']);
    same((await room.data())[3], {
      ids: [first, third].map((one) => formatPosition(positionOf(one))),
    });
    equal((await room.text()).includes('secret'), false);
  }),

  defineCase(7, 'what is deleted, not kept, or an announcement is not deleted', async (context) => {
    const room = new Room(await context.open(), { count: 5 });
    await room.send(upTo(6));
    equal(await room.delete(6), 1);
    const before = await room.text();

    same(
      [await room.delete(6), await room.delete(7), await room.delete(1), await room.delete(99)],
      [0, 'not-kept', 'not-kept', 'not-kept'],
    );
    const { epoch } = (await room.read()).newest;
    equal(
      await room.revise({ kind: 'delete', position: { epoch: epoch - 1, offset: 5 } }),
      'not-kept',
    );
    equal(await room.revise({ kind: 'delete-of', sender: 'nobody' }), 0);
    equal(await room.text(), before);
  }),

  defineCase(7, 'all messages of a sender are deleted, and nobody else’s', async (context) => {
    const room = new Room(await context.open());
    const ann = 'ann "\u2028" ö';
    await room.send(['secret', 'secret'], ann);
    await room.send([{ n: 1, sender: ann }, `,"sender":"${ann}"`]);
    await room.send(['bob'], 'bob');
    await room.send(['secret'], ann);
    await room.edit(6, 'edited secret');
    equal(await room.revise({ kind: 'delete-of', sender: ann }), 4);
    const ids = await Promise.all([1, 2, 6, 7].map((offset) => room.id(offset)));

    same(
      [...new Set((await room.data()).slice(2, 5))],
      [{ n: 1, sender: ann }, `,"sender":"${ann}"`, 'bob'],
    );
    same((await room.data())[7], { ids });
    equal((await room.text()).includes('secret'), false);
    same((await room.types()).filter((type) => type !== 'message').length, 5);
  }),

  defineCase(7, 'more messages are deleted together than one announcement has', async (context) => {
    const room = new Room(await context.open(), { count: 3000 });
    for (let sent = 0; sent < 1200; sent += 200) {
      await room.send(Array<string>(200).fill('spam'), 'ann');
    }
    const recorder = await Recorder.on(room.broker, room.channel);
    equal(await room.revise({ kind: 'delete-of', sender: 'ann' }), 1200);
    const announced = (await recorder.messages(2)).map(
      (one) => parse(one).data as { ids: string[] },
    );
    const read: number[] = [];
    for (let after = 0; after < 1202; after = read.at(-1) ?? Infinity) {
      const page = await room.read(after, undefined, 500);
      equal(page.gap, undefined);
      read.push(...offsets(page));
    }

    same(
      announced.map(({ ids }) => ids.length),
      [1000, 200],
    );
    same(read, upTo(1202));
  }),

  defineCase(
    7,
    'a cleared channel has only its announcement, and a gap before it',
    async (context) => {
      const room = new Room(await context.open());
      await room.send(upTo(3));
      await room.delete(2);
      equal(await room.revise({ kind: 'clear' }), 1);
      const page = await room.read(1);
      await room.send([6]);

      same([offsets(page), page.gap?.oldest?.offset], [[5], 5]);
      same(await room.types(), ['stream.cleared', 'message']);
      equal((await room.read(4)).gap, undefined);
    },
  ),

  defineCase(7, 'history keeps its count, however much is deleted', async (context) => {
    const room = new Room(await context.open(), { count: 10 });
    for (let round = 1; round <= 5; round++) {
      await room.send(Array<number>(9).fill(round), 'ann');
      equal(await room.revise({ kind: 'delete-of', sender: 'ann' }), 9);
    }
    const page = await room.read(undefined, undefined, 100);

    same(offsets(page), upTo(50).slice(-10));
    same((await room.read(39)).gap?.oldest?.offset, 41);
    equal((await room.read(40)).gap, undefined);
  }),

  defineCase(
    7,
    'every node hears of a revision and reads it',
    async (context) => {
      const room = new Room(await context.open());
      const other = await context.open();
      await room.send(upTo(2));
      const recorder = await Recorder.on(other, room.channel);
      await room.delete(1);
      const [announced] = await recorder.messages(1);
      const page = await other.read(room.channel, { limit: 10 });

      equal(announced?.type, 'stream.deleted');
      same(page.messages, await room.page());
    },
    'serve several nodes',
  ),
];

const positionOf = (message: EncodedMessage | undefined): Position =>
  message?.position ?? { epoch: 0, offset: 0 };
