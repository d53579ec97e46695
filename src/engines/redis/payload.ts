import { completeJson, type EncodedMessage } from '../../protocol/message.js';
import { placeholder } from '../../protocol/revisions.js';
import { parsePosition, type Position } from '../../protocol/position.js';

/** What Redis stores of a message: `<type> <the JSON without its id>`. A type contains no space. */
export function encodePayload(type: string, tail: string): string {
  return `${type} ${tail}`;
}

/** In place of the type: the message was deleted, and `createdAt` follows. It is not a type. */
const IS_DELETED = '!';

/** @param payload as `encodePayload` wrote it, or as revise.lua wrote it in place of a deleted message */
export function decodePayload(
  channel: string,
  position: Position,
  payload: string,
): EncodedMessage {
  const space = payload.indexOf(' ');
  const type = payload.slice(0, space);
  if (type === IS_DELETED) {
    return placeholder(position, channel, payload.slice(space + 1));
  }
  return { position, type, json: completeJson(position, payload.slice(space + 1)) };
}

/**
 * @param text as publish.lua publishes it: the position of the first message, then one payload a line. JSON contains no
 * raw line break.
 */
export function decodePublished(channel: string, text: string): EncodedMessage[] {
  const [head = '', ...payloads] = text.split('\n');
  const { epoch, offset } = requirePosition(head);
  return payloads.map((payload, index) =>
    decodePayload(channel, { epoch, offset: offset + index }, payload),
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
