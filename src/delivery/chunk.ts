const CRLF = Buffer.from('\r\n');

/** Wraps bytes, at least one, as a chunk of HTTP/1.1's chunked transfer coding (RFC 9112 §7.1). */
export function toChunk(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, CRLF]);
}

/** The same for a line of ASCII. */
export function toTextChunk(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`;
}
