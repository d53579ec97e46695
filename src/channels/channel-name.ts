import { BirdsongError } from '../errors/birdsong-error.js';

const FORM = /^[A-Za-z0-9_:-]+(?:\.[A-Za-z0-9_:-]+)*$/;
const MAX_LENGTH = 128;
/** Begins the names of the channels on which nodes talk to each other. */
const RESERVED = 'birdsong:';

/** Whether this is a valid channel name: non-empty segments of `A-Z a-z 0-9 _ - :`, separated by single dots. */
export function isChannelName(name: string): boolean {
  return name.length <= MAX_LENGTH && FORM.test(name) && !name.startsWith(RESERVED);
}

/** @throws BirdsongError `invalid-channel` */
export function requireChannelName(name: unknown): string {
  if (typeof name !== 'string' || !isChannelName(name)) {
    throw new BirdsongError(
      'invalid-channel',
      'A channel name has 1 to 128 characters: segments of A-Z a-z 0-9 _ - : separated by single dots, not beginning with birdsong:.',
    );
  }
  return name;
}

/** @throws BirdsongError `invalid-request` for no name, more than `max`, or a duplicate */
export function requireNames(names: readonly unknown[], max: number): readonly unknown[] {
  if (names.length < 1 || names.length > max || new Set(names).size !== names.length) {
    throw new BirdsongError('invalid-request', `Name 1 to ${max} channels, each only once.`);
  }
  return names;
}
