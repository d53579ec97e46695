import { ref, shallowRef, watch, type Ref } from 'vue';
import type { ChatMessage } from '../log/chat-message.js';
import { channelOf } from '../rooms/room-name.js';
import { readStored, writeStored } from '../storage.js';
import { backoffMs } from '../stream/backoff.js';
import { pauseUntilOnline, untilOnline } from '../stream/until-online.js';
import { readOutgoing, storeOutgoing, type Outgoing } from './outgoing.js';
import { ownMessagesOf } from './own-messages.js';
import { postMessage } from './post-message.js';
import { randomKey } from './random-key.js';

export const TEXT_LIMIT = 4_000;

export interface Outbox {
  readonly draft: Ref<string>;
  /** What the server has not accepted yet, oldest first. */
  readonly queue: Readonly<Ref<readonly Outgoing[]>>;
  /** The newest messages that the server has accepted. The stream may not have delivered them yet. */
  readonly accepted: Readonly<Ref<readonly ChatMessage[]>>;
  /** Whether the server has answered with this message's id. */
  readonly isAccepted: (message: ChatMessage) => boolean;
  /** Whether a message was written in this browser. */
  readonly isOwn: (message: ChatMessage) => boolean;
  /** Takes the draft. Messages are sent one after the other, however long the server is away. */
  readonly send: (name: string) => void;
  /** Sends a message again that the server refused. */
  readonly retry: (key: string) => void;
  readonly remove: (key: string) => void;
  /** Takes a message back into the draft. */
  readonly edit: (key: string) => void;
}

const ACCEPTED_LIMIT = 20;
const LONGEST_WAIT_MS = 30_000;
const outboxes = new Map<string, Outbox>();

/** What the reader writes in one room. It outlives the room's view and the page. */
export function outboxOf(room: string): Outbox {
  const outbox = outboxes.get(room) ?? createOutbox(channelOf(room));
  outboxes.set(room, outbox);
  return outbox;
}

export function isSendable(text: string): boolean {
  return text.trim() !== '' && text.trimEnd().length <= TEXT_LIMIT;
}

function createOutbox(channel: string): Outbox {
  const draftKey = `birdsong.draft.${channel}`;
  const draft = ref(readStored(draftKey) ?? '');
  const queue = shallowRef<readonly Outgoing[]>(readOutgoing(channel));
  const accepted = shallowRef<readonly ChatMessage[]>([]);
  const own = ownMessagesOf(channel);
  let isSending = false;

  watch(draft, (text) => writeStored(draftKey, text));
  watch(queue, (waiting) => storeOutgoing(channel, waiting), { flush: 'sync' });

  function send(name: string): void {
    const text = draft.value.trimEnd();
    if (!isSendable(text)) return;
    const writtenAt = new Date();
    const message = { key: randomKey(), name, text, writtenAt, problem: undefined, tried: false };
    queue.value = [...queue.value, { ...message, state: 'waiting' }];
    draft.value = '';
    void sendAll();
  }

  async function sendAll(): Promise<void> {
    if (isSending) return;
    isSending = true;
    let next = nextOf(queue.value);
    while (next) {
      await deliver(next.key);
      next = nextOf(queue.value);
    }
    isSending = false;
  }

  /** Returns once the message is accepted, refused or taken back. */
  async function deliver(key: string): Promise<void> {
    for (let failureCount = 0; ; failureCount += 1) {
      await untilOnline();
      const message = queue.value.find((one) => one.key === key);
      if (!message) return;
      change(key, { state: 'sending', tried: true });
      const { name, text } = message;
      const outcome = await postMessage(
        channel,
        JSON.stringify({ data: { name, message: text } }),
        key,
      );
      if ('id' in outcome) {
        own.add(outcome.id);
        const sentAt = new Date(outcome.createdAt);
        const sent = { id: outcome.id, name, text, sentAt };
        accepted.value = [...accepted.value.slice(1 - ACCEPTED_LIMIT), sent];
        remove(key);
        return;
      }
      if (!outcome.retryable) {
        change(key, { state: 'failed', problem: outcome.problem });
        return;
      }
      change(key, { state: 'retrying' });
      await pauseUntilOnline(
        Math.min(outcome.retryAfterMs ?? backoffMs(failureCount), LONGEST_WAIT_MS),
      );
    }
  }

  function change(key: string, to: Partial<Outgoing>): void {
    queue.value = queue.value.map((one) => (one.key === key ? { ...one, ...to } : one));
  }

  function remove(key: string): void {
    queue.value = queue.value.filter((one) => one.key !== key);
  }

  function edit(key: string): void {
    const message = queue.value.find((one) => one.key === key);
    if (!message) return;
    draft.value = draft.value === '' ? message.text : `${message.text}\n${draft.value}`;
    remove(key);
  }

  function retry(key: string): void {
    change(key, { state: 'waiting', problem: undefined });
    void sendAll();
  }

  function isAccepted({ id }: ChatMessage): boolean {
    return own.ids.value.has(id);
  }

  function isOwn(message: ChatMessage): boolean {
    const { name, text } = message;
    return (
      isAccepted(message) ||
      // It came back before the answer did.
      queue.value.some((one) => isUnderWay(one) && one.name === name && one.text === text)
    );
  }

  void sendAll();
  return { draft, queue, accepted, isAccepted, isOwn, send, retry, remove, edit };
}

/** Whether the server may have it, and the page does not know. */
export function isUnderWay({ state, tried }: Outgoing): boolean {
  return tried && state !== 'failed';
}

const nextOf = (queue: readonly Outgoing[]): Outgoing | undefined =>
  queue.find(({ state }) => state !== 'failed');
