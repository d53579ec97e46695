import { deepStrictEqual as same, equal } from 'node:assert/strict';
import type { Message } from '../../protocol/message.js';
import { defineCase, type CaseDefinition } from './contract-case.js';
import { dataOf, newChannel, publication } from './publications.js';
import { Recorder } from './recorder.js';
import { publishAll, upTo } from './case-context.js';

/** Cases about what a listener gets while nothing fails. */
export const deliverCases: readonly CaseDefinition[] = [
  defineCase(3, 'a subscription begins after what was published before it', async (context) => {
    const broker = await context.open();
    const channel = newChannel();
    await publishAll(broker, channel, upTo(3));
    const recorder = await Recorder.on(broker, channel);
    await broker.publish(channel, publication(4));

    equal(recorder.subscription.position.offset, 3);
    same((await recorder.messages(1)).map(dataOf), [4]);
  }),

  defineCase(
    3,
    'a listener that subscribes during publishes gets each message once and in order',
    async (context) => {
      const broker = await context.open();
      const channel = newChannel();
      const publishing = publishAll(broker, channel, upTo(500));
      const recorder = await Recorder.on(broker, channel);
      await publishing;
      const { offset } = recorder.subscription.position;

      same((await recorder.messages(500 - offset)).map(dataOf), upTo(500).slice(offset));
      same(recorder.gaps, []);
    },
  ),

  defineCase(
    3,
    'a message has its position, its type and the JSON that was published',
    async (context) => {
      const broker = await context.open();
      const channel = newChannel();
      const recorder = await Recorder.on(broker, channel);
      const data = { text: 'é\u2028\n "quoted" 😀', list: [1, null, { deep: true }] };
      const sent = publication(data, { type: 'odd.type' });
      const { first: position } = await broker.publish(channel, sent);
      const [message] = await recorder.messages(1);
      const parsed = JSON.parse(message?.json ?? 'null') as Message;

      equal(message?.type, 'odd.type');
      same(message.position, position);
      same([parsed.id, parsed.type], [`${position.epoch}-${position.offset}`, 'odd.type']);
      same(parsed.data, data);
      same((await broker.read(channel, { limit: 1 })).messages, [message]);
    },
  ),

  defineCase(
    3,
    'a closed subscription delivers nothing, and a new one begins afresh',
    async (context) => {
      const broker = await context.open();
      const channel = newChannel();
      const recorder = await Recorder.on(broker, channel);
      await publishAll(broker, channel, [1]);
      await recorder.messages(1);
      recorder.subscription.close();
      await publishAll(broker, channel, [2, 3]);
      const again = await Recorder.on(broker, channel);
      await publishAll(broker, channel, [4]);

      same((await again.messages(1)).map(dataOf), [4]);
      same(recorder.received.map(dataOf), [1]);
    },
  ),

  defineCase(3, 'an open broker reports that it is available', async (context) => {
    equal((await context.open()).isAvailable(), true);
  }),
];
