import { computed, type ComputedRef } from 'vue';
import type { ChatMessage } from '../log/chat-message.js';
import { useMessageLog, type MessageLog } from '../log/use-message-log.js';
import { useOlderMessages, type OlderMessages } from '../log/use-older-messages.js';
import { isUnderWay, outboxOf, type Outbox } from '../sending/outbox.js';
import type { Outgoing } from '../sending/outgoing.js';
import { isAhead, parsePosition } from '../stream/position.js';
import { useConnection, type ConnectionState } from '../stream/use-connection.js';
import { channelOf } from './room-name.js';

/** How many of the newest messages may be the answer to one that is being sent. */
const ECHO_COUNT = 50;

interface Room {
  readonly log: MessageLog;
  readonly older: OlderMessages;
  readonly outbox: Outbox;
  /** The reader's own messages that the server has but the stream has not delivered yet. */
  readonly accepted: ComputedRef<readonly ChatMessage[]>;
  /** Those that the server may not have. */
  readonly outgoing: ComputedRef<readonly Outgoing[]>;
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

  const accepted = computed(() =>
    outbox.accepted.value.filter(({ id }) => {
      const position = parsePosition(id);
      return position !== undefined && isAhead(position, log.seen.value);
    }),
  );

  const outgoing = computed(() => outbox.queue.value.filter((one) => !isBack(one)));

  /** Whether the stream has delivered it before the server's answer came. */
  function isBack(one: Outgoing): boolean {
    return (
      isUnderWay(one) &&
      log.entries.value
        .slice(-ECHO_COUNT)
        .some(
          (entry) =>
            entry.kind === 'message' &&
            entry.message.name === one.name &&
            entry.message.text === one.text &&
            !outbox.isAccepted(entry.message),
        )
    );
  }

  return { log, older, outbox, accepted, outgoing, state, notice };
}
