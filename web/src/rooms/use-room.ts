import { computed, type ComputedRef } from 'vue';
import type { ChatMessage } from '../log/chat-message.js';
import { useMessageLog, type MessageLog } from '../log/use-message-log.js';
import { useOlderMessages, type OlderMessages } from '../log/use-older-messages.js';
import { outboxOf, type Outbox } from '../sending/outbox.js';
import { isAhead, parsePosition } from '../stream/position.js';
import { useConnection, type ConnectionState } from '../stream/use-connection.js';
import { channelOf } from './room-name.js';

interface Room {
  readonly log: MessageLog;
  readonly older: OlderMessages;
  readonly outbox: Outbox;
  /** The reader's own messages that the server has but the stream has not delivered yet. */
  readonly pending: ComputedRef<readonly ChatMessage[]>;
  readonly state: ComputedRef<ConnectionState>;
  readonly notice: ComputedRef<string>;
}

/** One room: its history, its live messages, and the reader's own. */
export function useRoom(room: string): Room {
  const channel = channelOf(room);
  const log = useMessageLog();
  const older = useOlderMessages(channel, log);
  const outbox = outboxOf(room);
  const { state, notice } = useConnection(channel, {
    onReady: log.begin,
    onMessage: log.receive,
    onGap: log.markGap,
  });

  const pending = computed(() =>
    outbox.accepted.value.filter(({ id }) => {
      const position = parsePosition(id);
      return position !== undefined && isAhead(position, log.seen.value);
    }),
  );

  return { log, older, outbox, pending, state, notice };
}
