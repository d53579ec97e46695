import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';

const source = (name: string) =>
  readFileSync(new URL(`./lua/${name}.lua`, import.meta.url), 'utf8');

/**
 * The scripts that run inside Redis, for ioredis' `scripts` option.
 * @param fanOut the command with which a message is published to subscribers
 */
export function scripts(fanOut: 'PUBLISH' | 'SPUBLISH') {
  const publish = `local fan_out = '${fanOut}'\n`;
  return {
    birdsongPublish: { lua: publish + source('channel') + source('rates') + source('publish') },
    birdsongProbe: { lua: publish + source('probe'), numberOfKeys: 1 },
    birdsongTake: {
      lua: source('channel') + source('rates') + source('take'),
      numberOfKeys: 1,
    },
    birdsongRead: { lua: source('channel') + source('read'), numberOfKeys: 2 },
    birdsongRevise: { lua: publish + source('channel') + source('revise'), numberOfKeys: 3 },
  };
}

/** The scripts as methods, as ioredis adds them. */
export interface ScriptCommands {
  /** Takes the number of keys, the keys, then the arguments: see publish.lua. */
  birdsongPublish(...args: (string | number)[]): Promise<[remembered: string, repeat: string]>;
  /** See take.lua. */
  birdsongTake(
    key: string,
    rates: string,
    isNew: '1' | '',
  ): Promise<[refused: string, how: string]>;
  /** See probe.lua. */
  birdsongProbe(key: string, pubSub: string): Promise<string[]>;
  /** See revise.lua. */
  birdsongRevise(
    ...args: (string | number)[]
  ): Promise<[result: string, first: string, announcements: string[]]>;
  /** See read.lua. */
  birdsongRead(
    ...args: (string | number)[]
  ): Promise<[epoch: string, newest: string, isKnown: string, next: string, entries: string[]]>;
}

export type CommandsClient = Redis & ScriptCommands;
