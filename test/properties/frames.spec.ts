import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Frame } from '../../src/delivery/frame.js';
import { firstBatch, toBatch } from '../../src/delivery/frame-batch.js';
import { isMessageType } from '../../src/protocol/message-format.js';
import { completeJson, encodeTail, type EncodedMessage } from '../../src/protocol/message.js';
import { formatPosition, type Position } from '../../src/protocol/position.js';
import { decodePublished, encodePayload } from '../../src/engines/redis/payload.js';
import * as events from '../../src/protocol/control-events.js';
import { EventStreamParser, type ParsedEvent } from '../harness/event-stream-parser.js';
import { cut, cuts, positions, texts, types, values } from './arbitraries.js';

interface Sent {
  readonly type: string;
  readonly data: unknown;
  readonly sender: string | undefined;
}

const sent: fc.Arbitrary<Sent> = fc.record({
  type: fc.oneof(types, fc.constant('message')),
  data: fc.oneof(
    { weight: 20, arbitrary: values },
    { weight: 1, arbitrary: fc.nat(300_000).map((length) => '\n🐦\r'.repeat(length / 10)) },
  ),
  sender: fc.option(texts, { nil: undefined }),
});

const createdAt = new Date(0).toISOString();
const tailOf = (message: Sent) => encodeTail({ channel: 'a.b', createdAt, ...message });

function encode(position: Position, message: Sent): EncodedMessage {
  return { position, type: message.type, json: completeJson(position, tailOf(message)) };
}

/** A first position and messages from there on. */
const batches = fc.tuple(positions, fc.array(sent, { minLength: 1, maxLength: 6 }));

const numbered = ([first, list]: [Position, Sent[]]) =>
  list.map((message, index) => encode({ ...first, offset: first.offset + index }, message));

function parse(chunks: readonly Buffer[]): { events: ParsedEvent[]; lastEventId: string } {
  const found: ParsedEvent[] = [];
  const parser = new EventStreamParser((event) => found.push(event));
  chunks.forEach((chunk) => parser.push(chunk));
  return { events: found, lastEventId: parser.lastEventId };
}

describe('An independent parser reads back', () => {
  test('every frame: its position, type and JSON, however the bytes are cut', () => {
    fc.assert(
      fc.property(batches, cuts, (batch, places) => {
        const messages = numbered(batch);
        const bytes = toBatch(messages.map((message) => new Frame(message)))?.bytes;
        const { events: found } = parse(cut(bytes ?? Buffer.alloc(0), places));
        expect(found.map(({ event, id, data }) => ({ event, id, data }))).toEqual(
          messages.map(({ type, position, json }) => ({
            event: type,
            id: formatPosition(position),
            data: json,
          })),
        );
      }),
      { numRuns: 300 },
    );
  });

  test('frames without ids, closed by a cursor', () => {
    fc.assert(
      fc.property(batches, cuts, (batch, places) => {
        const messages = numbered(batch);
        const fields = toBatch(messages.map((message) => new Frame(message)))?.fields;
        const bytes = Buffer.concat([fields ?? Buffer.alloc(0), Buffer.from('id: ~cursor\n\n')]);
        const { events: found, lastEventId } = parse(cut(bytes, places));
        expect(found.map(({ event, data }) => [event, data])).toEqual(
          messages.map(({ type, json }) => [type, json]),
        );
        expect(found.map(({ id }) => id)).toEqual(
          messages.map((_, index) => (index === messages.length - 1 ? '~cursor' : undefined)),
        );
        expect(lastEventId).toBe('~cursor');
      }),
      { numRuns: 300 },
    );
  });

  test('the server’s own events', () => {
    const gap = fc.record({
      after: fc.option(positions, { nil: undefined }),
      oldest: fc.option(positions, { nil: undefined }),
      resumeAt: positions,
    });
    fc.assert(
      fc.property(gap, positions, cuts, (lost, position, places) => {
        const id = formatPosition(position);
        const channels = [{ channel: 'a.b', position: id, recovered: true, gap: false }];
        const text =
          'retry: 1000\n' +
          events.HEARTBEATS.comment +
          events.formatControlEvent({ ...events.ready(id, channels, 15), retry: 2000 }) +
          events.formatControlEvent(events.gap('a.b', lost)) +
          events.HEARTBEATS.comment +
          events.HEARTBEATS.event +
          events.HEARTBEATS.comment +
          events.formatControlEvent(events.closing('shutdown', true));
        const { events: found, lastEventId } = parse(cut(Buffer.from(text), places));
        const write = (place: Position | undefined) => (place ? formatPosition(place) : null);
        expect(found.map(({ event, data }) => [event, JSON.parse(data) as unknown])).toEqual([
          ['stream.ready', { channels, heartbeatSeconds: 15 }],
          ['stream.gap', { channel: 'a.b', after: write(lost.after), oldest: write(lost.oldest) }],
          ['stream.heartbeat', {}],
          ['stream.closing', { reason: 'shutdown', reconnect: true }],
        ]);
        expect(lastEventId).toBe(id);
      }),
    );
  });
});

describe('The JSON of a message', () => {
  test('is one line, and holds what was sent', () => {
    fc.assert(
      fc.property(positions, sent, (position, message) => {
        const { json } = encode(position, message);
        expect(json).not.toMatch(/[\r\n\0]/);
        expect(Buffer.from(json).toString()).toBe(json);
        const { sender, type, data } = message;
        const expected = { id: formatPosition(position), channel: 'a.b', type, data };
        expect(JSON.parse(json)).toEqual(
          // As JSON has it: -0 is 0 there.
          JSON.parse(JSON.stringify({ ...expected, sender, createdAt })),
        );
        expect(new Frame(encode(position, message)).json).toBe(json);
      }),
      { numRuns: 300 },
    );
  });

  test('comes through Redis unchanged, one or several at once', () => {
    fc.assert(
      fc.property(batches, ([first, list]) => {
        const payloads = list.map((message) => encodePayload(message.type, tailOf(message)));
        const published = [formatPosition(first), ...payloads].join('\n');
        expect(decodePublished(published)).toEqual(numbered([first, list]));
      }),
    );
  });
});

describe('A type', () => {
  test('that is allowed cannot end its line, and reserved prefixes are refused', () => {
    const candidates = fc.oneof(
      texts,
      types,
      fc.tuple(fc.constantFrom('stream.', 'presence.', 'x'), types).map((parts) => parts.join('')),
      types.map((type) => type.repeat(9)),
    );
    fc.assert(
      fc.property(candidates, positions, (type, position) => {
        const isOfForm = Array.from(type).every((character) => /[\w.:-]/.test(character));
        const isReserved =
          ['stream', 'presence'].includes(type.split('.')[0] ?? '') && type.includes('.');
        const isAllowed = isOfForm && type.length >= 1 && type.length <= 64 && !isReserved;
        expect(isMessageType(type)).toBe(isAllowed);
        if (isAllowed) {
          const frame = new Frame(encode(position, { type, data: 1, sender: undefined }));
          expect(parse([frame.bytes]).events.map(({ event }) => event)).toEqual([type]);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('A replay batch', () => {
  test('takes frames from the first on, at least one, and leaves none out in between', () => {
    fc.assert(
      fc.property(batches, (batch) => {
        const frames = numbered(batch).map((message) => new Frame(message));
        let rest: readonly Frame[] = frames;
        const taken: Frame[] = [];
        for (let next = firstBatch(rest); next; next = firstBatch(rest)) {
          taken.push(...next.frames);
          rest = rest.slice(next.frames.length);
        }
        expect(taken).toEqual(frames);
      }),
    );
  });
});
