const POSITION = '1760000000000-1000';
const CREATED_AT = '2026-01-01T00:00:00.000Z';
const CHANNEL = 'chat.lobby';

/** Ethernet with preamble and gap, IPv4, and TCP with timestamps, of a segment that carries one event. */
const SEGMENT_BYTES = 38 + 20 + 32;
/** `1a3\r\n` before and `\r\n` after an HTTP chunk. */
const CHUNK_BYTES = 7;
/** Of a record of TLS 1.3: streams leave the proxy encrypted. */
const TLS_BYTES = 22;

/** A message as its readers get it, by docs/protocol.md. */
export function eventBytes(payloadBytes: number): number {
  const message = `{"id":"${POSITION}","channel":"${CHANNEL}","type":"message","data":,"createdAt":"${CREATED_AT}"}`;
  return `id: ${POSITION}\ndata: ${message}\n\n`.length + payloadBytes;
}

/** What that is on the network, if it goes alone: many in a segment are less, and never more. */
export function wireBytes(bytes: number): number {
  return bytes + CHUNK_BYTES + TLS_BYTES + SEGMENT_BYTES;
}
