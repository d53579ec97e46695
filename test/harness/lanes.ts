/** How Birdsong's own routes write their streams: the module's option `lane`, whose default is `fast`. */
export type Lane = 'fast' | 'observable';

/** The lanes that every suite of streams over HTTP runs in. */
export const LANES: readonly Lane[] = ['fast', 'observable'];
