import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BirdsongError } from '../../src/errors/birdsong-error.js';
import { isChannelName } from '../../src/channels/channel-name.js';
import { ChannelPattern } from '../../src/channels/channel-pattern.js';
import { ChannelPolicies } from '../../src/channels/channel-policies.js';
import { letters, texts } from './arbitraries.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-:';

/** Few words, so that names and patterns often match. */
const words = fc.constantFrom('a', 'b', 'chat', 'user', '42', 'a:b', '-', '_', '__proto__');
const channelNames = fc.array(words, { minLength: 1, maxLength: 4 }).map((list) => list.join('.'));

const parameters = fc.constantFrom(':id', ':room', ':_', ':__proto__', ':constructor');
const patterns = fc
  .tuple(
    fc.uniqueArray(fc.oneof(words, parameters), {
      maxLength: 4,
      // A parameter may be there once; a word as often as it likes.
      comparator: (a, b) => a === b && a.startsWith(':'),
    }),
    fc.constantFrom([], ['*']),
  )
  .map(([segments, star]) => [...segments, ...star].join('.'))
  .filter((pattern) => pattern !== '' && !/^\d+$/.test(pattern));

function isName(text: string): boolean {
  return (
    text.length <= 128 &&
    text
      .split('.')
      .every((part) => part !== '' && Array.from(part).every((one) => ALPHABET.includes(one)))
  );
}

/** A naive matcher, segment by segment. */
function matchNaively(pattern: string, channel: string): [string, string][] | undefined {
  const wanted = pattern.split('.');
  const given = channel.split('.');
  const params: [string, string][] = [];
  for (const [index, segment] of wanted.entries()) {
    const isLast = index === wanted.length - 1;
    if (segment === '*' && isLast) {
      return given.length > index ? params : undefined;
    }
    const actual = given[index];
    if (actual === undefined || (!segment.startsWith(':') && segment !== actual)) {
      return undefined;
    }
    if (segment.startsWith(':')) params.push([segment.slice(1), actual]);
  }
  return given.length === wanted.length ? params : undefined;
}

const entriesOf = (params: object | undefined) => params && Object.entries(params);

describe('A channel’s name', () => {
  test('is segments of the alphabet with single dots between, 128 characters at most', () => {
    const candidates = fc.oneof(
      texts,
      channelNames,
      fc.string({ unit: letters('aZ09_-:. /{}%\n'), maxLength: 12 }),
      fc.tuple(fc.nat(130), channelNames).map(([length, name]) => 'x'.repeat(length) + name),
    );
    fc.assert(
      fc.property(candidates, (name) => {
        expect(isChannelName(name)).toBe(isName(name));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('A pattern', () => {
  test('matches what a naive matcher matches, with the same parameters', () => {
    fc.assert(
      fc.property(patterns, channelNames, (pattern, channel) => {
        expect(entriesOf(new ChannelPattern(pattern).match(channel))).toEqual(
          matchNaively(pattern, channel),
        );
      }),
      { numRuns: 3000 },
    );
  });

  test('that is malformed is refused with an Error that quotes it', () => {
    const sources = fc.oneof(
      texts,
      patterns,
      fc.string({ unit: letters('a1:*._-([{\\^$'), maxLength: 10 }),
    );
    fc.assert(
      fc.property(sources, channelNames, (source, channel) => {
        let pattern: ChannelPattern;
        try {
          pattern = new ChannelPattern(source);
        } catch (error) {
          expect((error as Error).message).toContain(`"${source}"`);
          return;
        }
        expect(entriesOf(pattern.match(channel))).toEqual(matchNaively(source, channel));
      }),
      { numRuns: 1000 },
    );
  });

  test('that matches and was written first decides', () => {
    const several = fc.uniqueArray(patterns, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(several, channelNames, (sources, channel) => {
        const policies = new ChannelPolicies(
          Object.fromEntries(sources.map((source) => [source, {}])),
        );
        const first = sources.find((source) => matchNaively(source, channel) !== undefined);
        if (first === undefined) {
          expect(() => policies.require(channel)).toThrow(BirdsongError);
        } else {
          const found = policies.require(channel);
          expect([found.name, found.policy.pattern]).toEqual([channel, first]);
          expect(Object.entries(found.params)).toEqual(matchNaively(first, channel));
        }
      }),
      { numRuns: 1000 },
    );
  });
});
