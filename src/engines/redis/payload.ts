import { completeJson, type EncodedMessage } from '../../protocol/message.js';
import { placeholder } from '../../protocol/revisions.js';
import { parsePosition, type Position } from '../../protocol/position.js';

/** What Redis stores of a message: `<type> <the JSON without its id>`. A type contains no space. */
export function encodePayload(type: string, tail: string): string {
  return `${type} ${tail}`;
}

/** In place of the type: the message was deleted, and `createdAt` follows. It is not a type. */
const IS_DELETED = '! ';

/** @param payload as history has it: as `encodePayload` wrote it, or as revise.lua did in place of a deleted message */
export function decodeKept(channel: string, position: Position, payload: string): EncodedMessage {
  return payload.startsWith(IS_DELETED)
    ? placeholder(position, channel, payload.slice(IS_DELETED.length))
    : decodePayload(position, payload);
}

/** @param payload as `encodePayload` wrote it */
function decodePayload(position: Position, payload: string): EncodedMessage {
  const space = payload.indexOf(' ');
  const type = payload.slice(0, space);
  return { position, type, json: completeJson(position, payload.slice(space + 1)) };
}

/**
 * @param text as publish.lua publishes it: the position of the first message, then one payload a line. JSON contains no
 * raw line break.
 */
export function decodePublished(text: string): EncodedMessage[] {
  const [head = '', ...payloads] = text.split('\n');
  const { epoch, offset } = requirePosition(head);
  return payloads.map((payload, index) =>
    decodePayload({ epoch, offset: offset + index }, payload),
  );
}

/** @throws Error if Redis holds something that Birdsong did not write */
export function requirePosition(text: string): Position {
  const position = parsePosition(text);
  if (!position) {
    throw new Error(`Redis answered "${text.slice(0, 50)}" where a position was expected.`);
  }
  return position;
}
