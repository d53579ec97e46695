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
  /** Own messages that the server has and the stream has not brought yet. */
  readonly pending: ComputedRef<readonly ChatMessage[]>;
  readonly state: ComputedRef<ConnectionState>;
  readonly notice: ComputedRef<string>;
}

/** One room: what was said, what is said now, and what the reader says. */
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
