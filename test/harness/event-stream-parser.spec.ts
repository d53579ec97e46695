import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EventStreamParser, type ParsedEvent } from './event-stream-parser.js';

interface Parsed {
  parser: EventStreamParser;
  events: ParsedEvent[];
  text: string;
}

function parse(...chunks: (string | Uint8Array)[]): Parsed {
  const events: ParsedEvent[] = [];
  const parser = new EventStreamParser((event) => events.push(event));
  const text = chunks.map((chunk) => parser.push(Buffer.from(chunk as string))).join('');
  return { parser, events, text };
}

function cut(bytes: Buffer, places: readonly number[]): Uint8Array[] {
  const inside = places.map((place) => place % (bytes.length + 1));
  const edges = [0, ...inside.sort((left, right) => left - right), bytes.length];
  return edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
}

describe('The event stream parser', () => {
  it('joins the lines of data with LF and takes one space off', () => {
    const { events } = parse('data: YHOO\ndata:+2\ndata:  10\n\n');
    expect(events.map(({ data }) => data)).toEqual(['YHOO\n+2\n 10']);
  });

  it('reads the example of the standard with comments, ids and an empty id', () => {
    const { events, parser } = parse(
      ': test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n',
    );
    expect(parser.comments).toEqual([' test stream']);
    expect(events.map(({ data, id, lastEventId }) => ({ data, id, lastEventId }))).toEqual([
      { data: 'first event', id: '1', lastEventId: '1' },
      { data: 'second event', id: '', lastEventId: '' },
      { data: ' third event', id: undefined, lastEventId: '' },
    ]);
  });

  it('gives an event for an empty data line and none for a block without data', () => {
    const { events } = parse('data\n\ndata\ndata\n\nevent: lost\n\ndata:\n\n');
    expect(events.map(({ event, data }) => [event, data])).toEqual([
      ['message', ''],
      ['message', '\n'],
      ['message', ''],
    ]);
  });

  it('drops a block that the end of the stream cuts off', () => {
    const { events, parser } = parse('data: whole\nid: 1\n\ndata: half\nid: 2\n');
    expect(events.map(({ data }) => data)).toEqual(['whole']);
    expect(parser.lastEventId).toBe('1');
  });

  it('moves the last event ID at the end of a block, even of one without data', () => {
    const { events, parser } = parse('id: 7\n\n');
    expect(events).toEqual([]);
    expect(parser.lastEventId).toBe('7');
  });

  it('ignores an id with NUL, a retry that is not all digits and unknown fields', () => {
    const { events, parser } = parse(
      'id: 1\nid: 2\0\nretry: 2000\nretry: 30s\nretry\nname: x\n data: y\ndata: z\n\n',
    );
    expect(events).toMatchObject([{ data: 'z', id: '1' }]);
    expect(parser.retry).toBe(2000);
  });

  it('takes the last event field, and the default name when that is empty', () => {
    const { events } = parse('event: a\nevent: b\ndata: 1\n\nevent: a\nevent\ndata: 2\n\n');
    expect(events.map(({ event }) => event)).toEqual(['b', 'message']);
  });

  it('takes one BOM off the start, also when it is cut, and no other', () => {
    const bom = [0xef, 0xbb, 0xbf];
    const stream = Buffer.concat([
      Buffer.from([...bom]),
      Buffer.from('data: a\n\n\uFEFFdata: b\n\n'),
    ]);
    const { events } = parse(stream.subarray(0, 2), stream.subarray(2));
    expect(events.map(({ data }) => data)).toEqual(['a']);
  });

  it('ends a line at CR without waiting for what follows', () => {
    const { events } = parse('data: a\r\r');
    expect(events.map(({ data }) => data)).toEqual(['a']);
  });

  it('takes CR LF for one line end over chunk boundaries', () => {
    const { events } = parse('data: a\r', '\ndata: b\r', '', '\n', '\r', '\ndata: c\n\r\n');
    expect(events.map(({ data }) => data)).toEqual(['a\nb', 'c']);
  });

  it('keeps the lines of each block as they came', () => {
    const { events, text } = parse(':c\r\nid: 1\r\ndata: x\r\n\r\n');
    expect(events.map(({ raw }) => raw)).toEqual([':c\nid: 1\ndata: x\n']);
    expect(text).toBe(':c\r\nid: 1\r\ndata: x\r\n\r\n');
  });

  const places = fc.array(fc.nat(10_000), { maxLength: 12 });

  it('reads any text the same wherever it is cut', () => {
    const piece = fc.constantFrom(
      ...['data', 'id', 'event', 'retry', ':', ' ', '\r', '\n', '\r\n', '\0', '\uFEFF'],
      ...['é', '🐦', '12', 'x', 'data: y\n\n', 'id: 3\n', 'event: joke\n', 'retry: 5\n', ': c\n'],
    );
    const stream = fc.array(piece, { maxLength: 40 }).map((pieces) => Buffer.from(pieces.join('')));
    fc.assert(
      fc.property(stream, places, (bytes, where) => {
        const whole = parse(bytes);
        const parts = parse(...cut(bytes, where));
        expect(parts.events).toEqual(whole.events);
        expect(parts.text).toBe(whole.text);
        expect(parts.parser.comments).toEqual(whole.parser.comments);
        expect(parts.parser.lastEventId).toBe(whole.parser.lastEventId);
        expect(parts.parser.retry).toBe(whole.parser.retry);
      }),
      { numRuns: 500 },
    );
  });

  it('gives back what was written, with any line ends and wherever it is cut', () => {
    const line = fc.string({ unit: 'binary' }).map((text) => text.replaceAll(/[\r\n\0]/g, ''));
    const block = fc.record({
      event: line,
      id: line,
      data: fc.array(line, { minLength: 1, maxLength: 3 }),
    });
    const lineEnd = fc.constantFrom('\n', '\r', '\r\n');
    fc.assert(
      fc.property(fc.array(block), lineEnd, places, (blocks, end, where) => {
        const stream = blocks.map(({ event, id, data }) =>
          [`event: ${event}`, `id: ${id}`, ...data.map((text) => `data: ${text}`), '', ''].join(
            end,
          ),
        );
        const { events } = parse(...cut(Buffer.from(stream.join('')), where));
        expect(events.map(({ event, id, data }) => ({ event, id, data }))).toEqual(
          blocks.map(({ event, id, data }) => ({
            event: event === '' ? 'message' : event,
            id,
            data: data.join('\n'),
          })),
        );
      }),
    );
  });
});
