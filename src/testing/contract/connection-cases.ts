import { deepStrictEqual as same, equal, rejects } from 'node:assert/strict';
import { defineCase, type CaseDefinition, type Guarantee } from './contract-case.js';
import { dataOf, newChannel, publication } from './publications.js';
import { Publishing } from './publishing.js';
import { Recorder } from './recorder.js';
import {
  publishAll,
  publishUntilTaken,
  untilAvailable,
  upTo,
  type CaseContext,
} from './case-context.js';

const connectionCase = (
  guarantee: Guarantee,
  name: string,
  run: (context: CaseContext) => Promise<void>,
) => defineCase(guarantee, name, run, 'lose its connection');

const UNAVAILABLE = { code: 'broker-unavailable', retryable: true };

/** Cases about connections that break, or that look alive and are not. */
export const connectionCases: readonly CaseDefinition[] = [
  connectionCase(
    2,
    'publish, read and subscribe are refused without a connection',
    async (context) => {
      const { broker, link } = await context.openLinked();
      const channel = newChannel();
      await link.cut();

      await rejects(broker.publish(channel, publication(1)), UNAVAILABLE);
      await rejects(broker.read(channel, { limit: 1 }), UNAVAILABLE);
      await rejects(Recorder.on(broker, channel), UNAVAILABLE);
      equal(broker.isAvailable(), false);
      await link.restore();
      await untilAvailable(broker);
      const recorder = await Recorder.on(broker, channel);
      equal((await broker.publish(channel, publication(1))).first.offset, 1);
      same((await recorder.messages(1)).map(dataOf), [1]);
    },
  ),

  connectionCase(
    2,
    'a publish that a silent connection left unanswered is published once, however often it is repeated',
    async (context) => {
      const { broker, link } = await context.openLinked();
      const other = await context.open();
      const channel = newChannel();
      const recorder = await Recorder.on(other, channel);
      const keyed = (number: number) => publication(number, { idempotencyKey: `k${number}` });
      for (const number of upTo(3)) {
        const early = broker.publish(channel, keyed(number)).catch(() => undefined);
        await link.silence();
        await early;
        await publishUntilTaken(broker, channel, keyed(number));
      }

      same((await recorder.messages(3)).map(dataOf), upTo(3));
      same((await other.read(channel, { limit: 10 })).messages.map(dataOf), upTo(3));
    },
  ),

  connectionCase(
    3,
    'messages published during a broken connection arrive after it, without a further message',
    async (context) => {
      const { broker, link } = await context.openLinked();
      const other = await context.open();
      const channel = newChannel();
      const recorder = await Recorder.on(broker, channel);
      await publishAll(other, channel, upTo(3));
      await recorder.messages(3);
      await link.cut();
      await publishAll(other, channel, [4, 5, 6]);
      await link.restore();

      same((await recorder.messages(6)).map(dataOf), upTo(6));
      same(recorder.gaps, []);
    },
  ),

  connectionCase(
    3,
    'a silent connection is detected, and what it held back is fetched',
    async (context) => {
      const { broker, link } = await context.openLinked();
      const other = await context.open();
      const channel = newChannel();
      const recorder = await Recorder.on(broker, channel);
      await link.silence();
      await publishAll(other, channel, upTo(3));

      same((await recorder.messages(3)).map(dataOf), upTo(3));
      await publishAll(other, channel, [4]);
      same((await recorder.messages(4)).map(dataOf), upTo(4));
      same(recorder.gaps, []);
    },
  ),

  connectionCase(
    3,
    'connections that break again and again lose, repeat and reorder nothing',
    async (context) => {
      const { broker, link } = await context.openLinked();
      const other = await context.open();
      const channel = newChannel({ count: 100_000 });
      const recorder = await Recorder.on(broker, channel);
      const publishing = new Publishing(other, channel);
      for (let round = 0; round < 6; round++) {
        await publishing.more(20);
        await link.cut();
        await publishing.more(20);
        await link.restore();
      }
      await publishing.stopAndCatchUp(recorder);

      same(publishing.faultsOf(recorder), []);
      same(recorder.gaps, []);
      same(publishing.refused, []);
    },
  ),

  connectionCase(3, 'each of many subscriptions is brought up to date', async (context) => {
    const { broker, link } = await context.openLinked();
    const other = await context.open();
    const channels = upTo(50).map(() => newChannel());
    const recorders = await Promise.all(channels.map((channel) => Recorder.on(broker, channel)));
    await link.cut();
    await Promise.all(channels.map((channel) => publishAll(other, channel, [1, 2])));
    await link.restore();

    for (const recorder of recorders) {
      same((await recorder.messages(2)).map(dataOf), [1, 2]);
    }
  }),

  connectionCase(
    3,
    'a listener is told of the gap if history does not reach back to what it missed',
    async (context) => {
      const { broker, link } = await context.openLinked();
      const other = await context.open();
      const channel = newChannel({ count: 3 });
      const recorder = await Recorder.on(broker, channel);
      await publishAll(other, channel, [1]);
      await recorder.messages(1);
      await link.cut();
      await publishAll(other, channel, [2, 3, 4, 5, 6, 7, 8, 9, 10]);
      await link.restore();
      const received = await recorder.messages(4);
      const { epoch } = recorder.subscription.position;

      same(received.map(dataOf), [1, 8, 9, 10]);
      same(recorder.gaps, [
        {
          after: { epoch, offset: 1 },
          oldest: { epoch, offset: 8 },
          resumeAt: { epoch, offset: 7 },
        },
      ]);
    },
  ),

  connectionCase(3, 'a subscription that was closed meanwhile stays closed', async (context) => {
    const { broker, link } = await context.openLinked();
    const other = await context.open();
    const [closed, open] = [newChannel(), newChannel()];
    const [recorder, witness] = [
      await Recorder.on(broker, closed),
      await Recorder.on(broker, open),
    ];
    await link.cut();
    recorder.subscription.close();
    await publishAll(other, closed, [1]);
    await publishAll(other, open, [1]);
    await link.restore();
    await witness.messages(1);
    await publishAll(other, closed, [2]);
    await publishAll(other, open, [2]);
    await witness.messages(2);

    same(recorder.received, []);
  }),
];
