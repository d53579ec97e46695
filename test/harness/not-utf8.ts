const body = (...bytes: number[]): Buffer =>
  Buffer.concat([Buffer.from('{"data":"M'), Buffer.from(bytes), Buffer.from('ller"}')]);

/** JSON bodies that would be valid but for one text that is not UTF-8. */
export const NOT_UTF8: readonly Buffer[] = [
  // Latin-1.
  body(0xfc),
  // Cut short.
  body(0xe2, 0x82),
  body(0xf0, 0x9f, 0x90),
  // Longer than necessary.
  body(0xc0, 0xaf),
  // A surrogate, as CESU-8 has it.
  body(0xed, 0xa0, 0xbd, 0xed, 0xb0, 0xa6),
  // Beyond Unicode.
  body(0xf5, 0x80, 0x80, 0x80),
  body(0xff, 0xfe),
];
