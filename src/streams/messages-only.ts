import type { MessageEvent } from '@nestjs/common';
import { filter, type OperatorFunction } from 'rxjs';
import type { Message } from '../protocol/message.js';

/** An event of `Birdsong.stream()` that is a message. */
export interface StreamedMessage<Data = unknown> extends MessageEvent {
  readonly id: string;
  readonly data: Message<Data>;
}

/**
 * Drops the server's own events, such as `stream.ready`, `stream.gap` and `stream.deleted`, for handlers that map every
 * message.
 *
 * @typeParam Data the output of the channel's schema
 */
export function messagesOnly<Data = unknown>(): OperatorFunction<
  MessageEvent,
  StreamedMessage<Data>
> {
  return filter((event): event is StreamedMessage<Data> => !event.type?.startsWith('stream.'));
}
