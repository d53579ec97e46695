import { pathToFileURL } from 'node:url';
import type { Contestant } from './processes/contestant.js';
import { NchanContestant } from './processes/nchan-contestant.js';
import { NodeContestant } from './processes/node-contestant.js';

export interface ContestantOptions {
  readonly redisUrl: string;
  /** The most connections it will have at the same time. */
  readonly connections: number;
}

export interface ContestantEntry {
  readonly title: string;
  /** Whether it uses Redis, whose CPU is then part of its cost. */
  readonly usesRedis: boolean;
  /** Whether it takes part only when named, because a whole run has no time for it. */
  readonly isExtra?: boolean;
  /** Why it cannot take part on this machine, if so. */
  readonly missing?: string;
  start(options: ContestantOptions): Promise<Contestant>;
}

const HEADERS_END = '\r\n\r\n';
const BIRDSONG = { module: 'birdsong.js', eventsPath: '/channels/bench/events' };
const READY = 'stream.ready';

/** Another build of Birdsong, to compare with: the path of its `dist/index.js`. */
const { BIRDSONG_BEFORE } = process.env;
const BUILD = BIRDSONG_BEFORE && pathToFileURL(BIRDSONG_BEFORE).href;
const BEFORE = {
  isExtra: true,
  ...(BUILD === undefined && { missing: 'BIRDSONG_BEFORE names no build' }),
};

/** All contestants, by the name that `--servers` takes. */
export const ENTRIES = {
  'birdsong-memory': {
    title: 'Birdsong, memory broker',
    usesRedis: false,
    start: () => NodeContestant.start({ name: 'birdsong-memory', ...BIRDSONG, readyMark: READY }),
  },
  'birdsong-redis': {
    title: 'Birdsong, Redis',
    usesRedis: true,
    start: ({ redisUrl }) =>
      NodeContestant.start({ name: 'birdsong-redis', ...BIRDSONG, readyMark: READY, redisUrl }),
  },
  'birdsong-observe': {
    title: 'Birdsong, observe()',
    usesRedis: false,
    isExtra: true,
    start: () =>
      NodeContestant.start({
        ...{ name: 'birdsong-observe', module: 'birdsong-observe.js', eventsPath: '/observed' },
        readyMark: HEADERS_END,
      }),
  },
  'birdsong-stream': {
    title: 'Birdsong, stream()',
    usesRedis: false,
    isExtra: true,
    start: () =>
      NodeContestant.start({
        ...{ name: 'birdsong-stream', module: 'birdsong-stream.js', eventsPath: '/streamed' },
        readyMark: READY,
      }),
  },
  'before-memory': {
    title: 'Birdsong before, memory broker',
    ...BEFORE,
    usesRedis: false,
    start: () =>
      NodeContestant.start({ name: 'before-memory', ...BIRDSONG, readyMark: READY, build: BUILD }),
  },
  'before-redis': {
    title: 'Birdsong before, Redis',
    ...BEFORE,
    usesRedis: true,
    start: ({ redisUrl }) =>
      NodeContestant.start({
        ...{ name: 'before-redis', ...BIRDSONG, readyMark: READY, redisUrl, build: BUILD },
      }),
  },
  'before-observe': {
    title: 'Birdsong before, observe()',
    ...BEFORE,
    usesRedis: false,
    start: () =>
      NodeContestant.start({
        ...{ name: 'before-observe', module: 'birdsong-observe.js', eventsPath: '/observed' },
        ...{ readyMark: HEADERS_END, build: BUILD },
      }),
  },
  'nest-sse': {
    title: 'Nest @Sse() + ioredis',
    usesRedis: true,
    start: ({ redisUrl }) =>
      NodeContestant.start({
        ...{ name: 'nest-sse', module: 'nest-sse.js', eventsPath: '/events' },
        ...{ readyMark: HEADERS_END, redisUrl },
      }),
  },
  'better-sse': {
    title: 'better-sse channel',
    usesRedis: false,
    start: () =>
      NodeContestant.start({
        ...{ name: 'better-sse', module: 'better-sse.js', eventsPath: '/' },
        readyMark: HEADERS_END,
      }),
  },
  floor: {
    title: 'bare node:http (floor)',
    usesRedis: false,
    start: () =>
      NodeContestant.start({
        ...{ name: 'floor', module: 'floor.js', eventsPath: '/' },
        readyMark: HEADERS_END,
      }),
  },
  nchan: {
    title: 'nginx + nchan',
    usesRedis: false,
    ...(!NchanContestant.isInstalled && { missing: 'nginx has no nchan module here' }),
    start: ({ connections }) => NchanContestant.start(connections),
  },
} satisfies Record<string, ContestantEntry>;

export type ContestantName = keyof typeof ENTRIES;

export const CONTESTANT_NAMES = Object.keys(ENTRIES) as ContestantName[];

/** The contestants of a whole run. */
export const USUAL_NAMES = CONTESTANT_NAMES.filter((name) => entryOf(name).isExtra !== true);

export function isUsual(names: readonly ContestantName[]): boolean {
  return names.length === USUAL_NAMES.length && USUAL_NAMES.every((name) => names.includes(name));
}

export function entryOf(name: ContestantName): ContestantEntry {
  return ENTRIES[name];
}

/** What Birdsong is compared with, in the order of the columns. */
export const RIVALS = ['nest-sse', 'better-sse', 'floor', 'nchan'] as const;
