// Not a literal, so that the types come from the sources and the checks need no build.
const { BIRDSONG } = process.env;
const PACKAGE: string = BIRDSONG ?? 'birdsong';
const TOKENS: string =
  BIRDSONG === undefined ? 'birdsong/tokens' : new URL('tokens.js', BIRDSONG).href;

export type { HttpRequest } from '../../src/index.js';

export const { Birdsong, BirdsongModule } = (await import(
  PACKAGE
)) as typeof import('../../src/index.js');

export const { TokenIdentity } = (await import(TOKENS)) as typeof import('../../src/tokens.js');
