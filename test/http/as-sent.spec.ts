import { expect, test } from '@jest/globals';
import { isMessage, isReady } from '../harness/event-stream-parser.js';
import { request } from '../harness/http-client.js';
import { dataOf, eachBroker, eachLane, eventsUrl, messagesUrl, send } from './each-broker.js';

/** What clients that are not strict end a line at: Python's `splitlines()`, Java's `\R`, JavaScript before 2019. */
const SEPARATORS = ['\v', '\f', '\x1c', '\x1d', '\x1e', '\x85', '\u2028', '\u2029', '\r', '\n'];

/** Texts that must arrive as they were sent. */
const TEXTS = [
  ...SEPARATORS.map((character) => `a${character}b`),
  SEPARATORS.join(''),
  '\\u2028 "\u2028" \\\u2028',
  'Müller 🐦 \u{1f468}\u200d\u{1f469} \ufeff \u0000 \ufffd',
  '\ud800 alone',
];

/** The largest event that Go's `bufio.Scanner` and `r3labs/sse` take. */
const LARGEST_EVENT_BYTES = 65_536;

const lengthOf = ({ data }: { data: string }): number =>
  Array.from((JSON.parse(data) as { data: string }).data).length;

eachLane('what is sent', (world) => {
  test('arrives unchanged, without a raw character that any client takes for the end of a line', async () => {
    const app = await world.start();
    const channel = world.channel();
    const reader = await world.read(eventsUrl(app, channel));
    await reader.next(isReady);
    for (const text of TEXTS) await send(app, channel, { [text]: [text] });
    const live = await reader.take(TEXTS.length, isMessage);
    const history = await request(messagesUrl(app, channel));

    expect(dataOf(live)).toEqual(TEXTS.map((text) => ({ [text]: [text] })));
    for (const text of [reader.body, history.text]) {
      const oneLine = text.split('\n').join('');
      expect(SEPARATORS.filter((character) => oneLine.includes(character))).toEqual([]);
    }
    expect(
      (history.json() as { messages: { data: unknown }[] }).messages.map(({ data }) => data),
    ).toEqual(dataOf(live));
  });

  test.each([
    ['ASCII', 'x'],
    ['two bytes', 'ü'],
    ['three bytes', '\u20ac'],
    ['four bytes', '🐦'],
    ['a separator, escaped', '\u2028'],
  ])('has events of 64 KiB at most, as %s', async (_, character) => {
    const app = await world.start();
    const channels = Array.from({ length: 100 }, () => world.channel());
    const channel = channels[0] ?? '';
    const query = channels.map((name) => `channel=${name}`).join('&');
    const reader = await world.read(`${app.url}/events?${query}`);
    await reader.next(isReady);
    const type = 'T'.repeat(64);
    const accepts = async (count: number) => {
      const json = { type, data: character.repeat(count) };
      return (await request(messagesUrl(app, channel), { json })).status === 201;
    };
    // The most that is accepted.
    let [least, most] = [1, LARGEST_EVENT_BYTES];
    while (most - least > 1) {
      const middle = Math.floor((least + most) / 2);
      [least, most] = (await accepts(middle)) ? [middle, most] : [least, middle];
    }
    await accepts(least);
    const [largest] = await reader.take(
      1,
      (event) => isMessage(event) && lengthOf(event) === least,
    );

    const bytes = Buffer.byteLength(`${largest?.raw ?? ''}\n`);
    expect(bytes).toBeLessThanOrEqual(LARGEST_EVENT_BYTES);
    expect(bytes).toBeGreaterThan(60_000);
  });
});

eachBroker('what JSON cannot hold', (world) => {
  test.each(['1e400', '-1e400', '[1,{"deep":[1e999]}]', `1${'0'.repeat(400)}`])(
    'is refused rather than changed: %s',
    async (data) => {
      const app = await world.start();
      const channel = world.channel();
      const body = `{"data":${data}}`;
      const headers = { 'Content-Type': 'application/json' };
      const answer = await request(messagesUrl(app, channel), { method: 'POST', body, headers });

      expect(answer.status).toBe(400);
      expect(answer.json()).toMatchObject({ code: 'invalid-request' });
      expect((await request(messagesUrl(app, channel))).json()).toMatchObject({ messages: [] });
    },
  );

  test('is not looked for in what is honest', async () => {
    const app = await world.start();
    const channel = world.channel();
    const data = [null, 'null', -0, 1e308, { null: null, __proto__: null }];
    await send(app, channel, data);

    const { messages } = (await request(messagesUrl(app, channel))).json() as {
      messages: { data: unknown }[];
    };
    expect(messages.map((message) => message.data)).toEqual([JSON.parse(JSON.stringify(data))]);
  });
});
