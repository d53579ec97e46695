import { maxHeaderSize, type IncomingMessage, type Server } from 'node:http';
import { BirdsongError } from '../errors/birdsong-error.js';

const NAME = 'last-event-id';
/** The longest Last-Event-ID of a stream of one channel: a position. */
const POSITION_BYTES = 31;
/** What each of several channels adds to a cursor, with an epoch of decades and billions of messages. */
const CURSOR_ENTRY_BYTES = 24;

/**
 * Refuses a stream that its client could not resume, because the head of that request, with its Last-Event-ID, would be
 * larger than the server takes. The client would get 431 whenever it comes back.
 * @throws BirdsongError `invalid-request`
 */
export function requireResumable(request: IncomingMessage, channelCount: number): void {
  if (request.httpVersionMajor > 1) {
    return;
  }
  const { server } = request.socket as { server?: Server & { maxHeaderSize?: number } };
  const maxBytes = server?.maxHeaderSize ?? maxHeaderSize;
  const lastEventIdBytes =
    NAME.length + (channelCount === 1 ? POSITION_BYTES : (channelCount + 1) * CURSOR_ENTRY_BYTES);
  if (headBytesWithoutLastEventId(request) + lastEventIdBytes >= maxBytes) {
    throw new BirdsongError(
      'invalid-request',
      `A client could not resume this stream: the names of its channels and its Last-Event-ID would not fit into the head of a request, ${maxBytes} bytes. Ask for fewer channels.`,
    );
  }
}

/** As Node counts it: the URL, and the names and values of the headers. */
function headBytesWithoutLastEventId({ url = '', rawHeaders }: IncomingMessage): number {
  let bytes = url.length;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index, index + 2);
    bytes += name.toLowerCase() === NAME ? 0 : name.length + value.length;
  }
  return bytes;
}
