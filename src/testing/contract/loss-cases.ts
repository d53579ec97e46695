import { deepStrictEqual as same, equal, ok } from 'node:assert/strict';
import type { Broker, BrokerChannel } from '../../broker/broker.port.js';
import { formatPosition, isAfter, type Position } from '../../protocol/position.js';
import { defineCase, type CaseDefinition } from './contract-case.js';
import { dataOf, newChannel, publication } from './publications.js';
import { Recorder } from './recorder.js';
import {
  publishAll,
  publishUntilTaken,
  untilAvailable,
  upTo,
  type CaseContext,
} from './case-context.js';

const lossCase = (name: string, run: (context: CaseContext) => Promise<void>) =>
  defineCase(5, name, run, 'lose messages');

/** Publishes to a broker that has just lost its connection, once it takes messages again. */
async function publishOnceBack(broker: Broker, channel: BrokerChannel, data: string) {
  const sent = publication(data, { idempotencyKey: data });
  return (await publishUntilTaken(broker, channel, sent)).first;
}

/** Cases about the loss of acknowledged messages. */
export const lossCases: readonly CaseDefinition[] = [
  lossCase(
    'no position is assigned twice, and a listener that had the lost messages is told',
    async (context) => {
      const broker = await context.open();
      const channel = newChannel();
      const recorder = await Recorder.on(broker, channel);
      await publishAll(broker, channel, ['kept 1', 'kept 2', 'kept 3']);
      await context.store.save();
      await publishAll(broker, channel, ['lost 4', 'lost 5', 'lost 6']);
      const before = [...(await recorder.messages(6))];
      const lost = before[5]?.position as Position;
      await context.store.crash();
      const first = await publishOnceBack(broker, channel, 'new 4');
      await publishAll(broker, channel, ['new 5', 'new 6', 'new 7']);
      const received = await recorder.messages(10);

      same(received.slice(6).map(dataOf), ['new 4', 'new 5', 'new 6', 'new 7']);
      const ids = received.map(({ position }) => formatPosition(position));
      equal(new Set(ids).size, ids.length);
      ok(first.epoch > lost.epoch, 'the epoch is a later one');
      ok(isAfter(first, lost), 'new messages come after lost ones');
      same(
        recorder.gaps.map(({ after }) => after),
        [lost],
      );
    },
  ),

  lossCase(
    'a reader that returns with a lost position is told, and gets the new messages',
    async (context) => {
      const broker = await context.open();
      const channel = newChannel();
      await publishAll(broker, channel, ['kept 1']);
      await context.store.save();
      await publishAll(broker, channel, ['lost 2', 'lost 3']);
      const { newest: lost } = await broker.read(channel, { limit: 0 });
      await context.store.crash();
      await publishOnceBack(broker, channel, 'new 2');
      await publishAll(broker, channel, ['new 3', 'new 4']);
      const page = await broker.read(channel, { after: lost, limit: 10 });

      same(page.messages.map(dataOf), ['new 2', 'new 3', 'new 4']);
      same(page.gap?.after, lost);
      same(page.gap.oldest, page.messages[0]?.position);
    },
  ),

  lossCase(
    'a reader that had only kept messages misses no kept message and gets none twice',
    async (context) => {
      const broker = await context.open();
      const channel = newChannel();
      await publishAll(broker, channel, ['kept 1', 'kept 2', 'kept 3']);
      const { newest } = await broker.read(channel, { limit: 0 });
      await context.store.save();
      await publishAll(broker, channel, ['lost 4']);
      await context.store.crash();
      await publishOnceBack(broker, channel, 'new 4');
      const data: unknown[] = [];
      let after: Position | undefined = { ...newest, offset: 1 };
      while (after) {
        const page = await broker.read(channel, { after, limit: 10 });
        data.push(...page.messages.map(dataOf));
        after = page.messages.at(-1)?.position ?? page.gap?.resumeAt;
      }

      same(data, ['kept 2', 'kept 3', 'new 4']);
    },
  ),

  lossCase('a channel that lost everything begins again in a later epoch', async (context) => {
    const broker = await context.open();
    const channel = newChannel();
    const recorder = await Recorder.on(broker, channel);
    const { first: before } = await broker.publish(channel, publication('before'));
    await recorder.messages(1);
    await context.store.crash();
    const after = await publishOnceBack(broker, channel, 'after');
    await recorder.messages(2);

    ok(after.epoch > before.epoch, 'the epoch is a later one');
    same(recorder.received.map(dataOf), ['before', 'after']);
    same(
      recorder.gaps.map((gap) => gap.after),
      [before],
    );
  }),

  lossCase('a subscription that begins after the loss is told of no gap', async (context) => {
    const broker = await context.open();
    const channel = newChannel();
    await publishAll(broker, channel, upTo(2));
    await context.store.save();
    await publishAll(broker, channel, ['lost 3']);
    await context.store.crash();
    await publishOnceBack(broker, channel, 'new 3');
    await untilAvailable(broker);
    const recorder = await Recorder.on(broker, channel);
    await publishAll(broker, channel, ['new 4']);

    same((await recorder.messages(1)).map(dataOf), ['new 4']);
    same(recorder.gaps, []);
  }),
];
