// Not a literal, so that the types come from the sources and the checks need no build.
const PACKAGE: string = process.env.BIRDSONG ?? 'birdsong';

export type { HttpRequest } from '../../src/index.js';

export const { Birdsong, BirdsongModule } = (await import(
  PACKAGE
)) as typeof import('../../src/index.js');
