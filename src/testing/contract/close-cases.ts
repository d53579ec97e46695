import { ok, rejects } from 'node:assert/strict';
import type { Broker } from '../../broker/broker.port.js';
import { defineCase, type CaseDefinition } from './contract-case.js';
import { eventually } from './eventually.js';
import { OpenHandles } from './open-handles.js';
import { newChannel, publication } from './publications.js';
import { Recorder } from './recorder.js';
import { linkOf } from './case-context.js';
import type { BrokerNode } from './world.js';

/** Handles that were closed disappear within a few turns of the event loop. */
const GONE_MS = 5000;

/** Uses a broker of this node, and resolves once it has left no open handle. */
async function leavesNothing(node: BrokerNode, use: (broker: Broker) => Promise<void>) {
  const handles = new OpenHandles();
  try {
    await handles.watch(() => use(node.createBroker()));
    await eventually(
      () => handles.kinds.length === 0,
      () => `still open: ${handles.kinds.join(', ')}`,
      GONE_MS,
    );
  } finally {
    handles.stop();
  }
}

/** Cases about what a closed broker leaves behind. */
export const closeCases: readonly CaseDefinition[] = [
  defineCase(6, 'close leaves no timer and no socket', async (context) => {
    await leavesNothing(await context.node(), async (broker) => {
      await broker.open();
      const channel = newChannel();
      const recorder = await Recorder.on(broker, channel);
      await broker.publish(channel, publication(1, { idempotencyKey: 'k' }));
      await recorder.messages(1);
      await broker.close();
    });
  }),

  defineCase(
    6,
    'no listener is called after close',
    async (context) => {
      const [one, two] = [await context.node(), await context.open()];
      const channel = newChannel();
      const broker = one.createBroker();
      await broker.open();
      const recorder = await Recorder.on(broker, channel);
      await broker.close();
      const witness = await Recorder.on(two, channel);
      await two.publish(channel, publication(1));
      await witness.messages(1);

      ok(recorder.received.length === 0, 'nothing comes after close');
    },
    'serve several nodes',
  ),

  defineCase(
    6,
    'close leaves no timer and no socket while the connection is broken',
    async (context) => {
      const node = await context.node();
      const link = linkOf(node);
      await leavesNothing(node, async (broker) => {
        await broker.open();
        const channel = newChannel();
        await Recorder.on(broker, channel);
        await link.cut();
        await rejects(broker.publish(channel, publication(1)));
        await broker.close();
      });
    },
    'lose its connection',
  ),

  defineCase(
    6,
    'a broker that gets no answer does not open, and leaves no timer and no socket',
    async (context) => {
      const node = await context.node();
      const link = linkOf(node);
      await link.cut();
      await leavesNothing(node, (broker) => rejects(broker.open(), { code: 'broker-unavailable' }));
    },
    'lose its connection',
  ),
];
