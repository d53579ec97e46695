import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isMessage } from '../harness/event-stream-parser.js';
import { request } from '../harness/http-client.js';
import { eachLane, eventsUrl, messagesUrl, post, type Receipt } from '../http/each-broker.js';
import { types, values } from './arbitraries.js';

const sends = fc.array(
  fc.record(
    { data: values, type: fc.option(types, { nil: undefined }) },
    { requiredKeys: ['data'] },
  ),
  { minLength: 1, maxLength: 5 },
);

/** The JSON of a message, encoded independently. */
function jsonOf({ id, channel, type, createdAt }: Receipt, data: unknown): string {
  const fields = { id, channel, type };
  return `${JSON.stringify(fields).slice(0, -1)},"data":${escaped(JSON.stringify(data))},"createdAt":"${createdAt}"}`;
}

/** With what some clients take for line breaks escaped. */
const escaped = (json: string): string =>
  json
    .replaceAll('\u0085', String.raw`\u0085`)
    .replaceAll('\u2028', String.raw`\u2028`)
    .replaceAll('\u2029', String.raw`\u2029`);

eachLane('any JSON', (world) => {
  test('comes back byte for byte, from history and streams, sent alone or in a batch', async () => {
    const app = await world.start();
    const channel = world.channel('long');
    const reader = await world.read(eventsUrl(app, channel));
    let received = 0;
    await fc.assert(
      fc.asyncProperty(sends, fc.boolean(), async (messages, isBatch) => {
        const receipts = isBatch
          ? await sendBatch(messages)
          : await Promise.all(messages.map(sendAlone));
        const sent = messages
          .map(({ data }, index) => ({ receipt: receipts[index] as Receipt, data }))
          // Sent at once, they may be accepted in another order.
          .sort((a, b) => offsetOf(a.receipt) - offsetOf(b.receipt));
        const expected = sent.map(({ receipt, data }) => jsonOf(receipt, data));

        const history = await request(
          `${messagesUrl(app, channel)}?limit=${String(messages.length)}`,
        );
        const position = sent.at(-1)?.receipt.id ?? '';
        expect(history.text).toBe(
          `{"messages":[${expected.join(',')}],"position":"${position}","gap":false}`,
        );
        received += expected.length;
        await reader.until(() => reader.events.filter(isMessage).length >= received);
        const events = reader.events.filter(isMessage).slice(-expected.length);
        expect(events.map(({ data }) => data)).toEqual(expected);
        expect(events.map(({ event, id }) => [event, id])).toEqual(
          sent.map(({ receipt }) => [receipt.type, receipt.id]),
        );
      }),
      { numRuns: 120 },
    );

    async function sendAlone(message: object): Promise<Receipt> {
      const answer = await post(app, channel, message);
      expect(answer.status).toBe(201);
      return answer.json() as Receipt;
    }

    async function sendBatch(messages: readonly object[]): Promise<Receipt[]> {
      const answer = await request(`${messagesUrl(app, channel)}/batch`, { json: { messages } });
      expect(answer.status).toBe(201);
      return (answer.json() as { messages: Receipt[] }).messages;
    }
  });
});

const offsetOf = ({ id }: Receipt): number => Number(id.split('-')[1]);
