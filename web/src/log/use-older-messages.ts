import { computed, ref, shallowRef, type ComputedRef, type Ref } from 'vue';
import { HISTORY_COUNT, olderMessagesUrl } from '../http/endpoints.js';
import { isObject, parseObject, type JsonObject } from '../http/json.js';
import { UNREACHABLE, readProblem } from '../http/problem.js';
import { request } from '../http/request.js';
import { parsePosition } from '../stream/position.js';
import { chatMessage, messageId } from './chat-message.js';
import type { MessageLog } from './use-message-log.js';

/** What comes before the oldest message shown. `full`: more than the page can hold. */
export type OlderState = 'some' | 'full' | 'beginning' | 'forgotten';

export interface OlderMessages {
  readonly state: ComputedRef<OlderState>;
  readonly loading: Readonly<Ref<boolean>>;
  readonly problem: Readonly<Ref<string>>;
  readonly load: () => Promise<void>;
}

/** Loads history page by page, from the oldest message of the log backwards. */
export function useOlderMessages(channel: string, log: MessageLog): OlderMessages {
  const loading = ref(false);
  const problem = shallowRef('');
  const forgottenBefore = shallowRef('');

  const state = computed<OlderState>(() => {
    const oldest = log.oldestId.value;
    if ((parsePosition(oldest)?.offset ?? 1) <= 1) return 'beginning';
    if (oldest === forgottenBefore.value) return 'forgotten';
    return log.full.value ? 'full' : 'some';
  });

  async function load(): Promise<void> {
    if (loading.value || state.value !== 'some') return;
    loading.value = true;
    const before = log.oldestId.value;
    problem.value = '';
    try {
      const response = await request(olderMessagesUrl(channel, before));
      if (response.ok) take(before, parseObject(await response.text()));
      else problem.value = (await readProblem(response)).detail;
    } catch {
      problem.value = UNREACHABLE.detail;
    }
    loading.value = false;
  }

  function take(before: string, page: JsonObject): void {
    // The log has dropped its oldest messages meanwhile, so this page would leave a hole.
    if (before !== log.oldestId.value) return;
    const messages = Array.isArray(page['messages']) ? page['messages'].filter(isObject) : [];
    const oldestId = messages[0] === undefined ? before : messageId(messages[0]);
    if (messages.length < HISTORY_COUNT) forgottenBefore.value = oldestId;
    const shown = messages.map(chatMessage).filter((message) => message !== undefined);
    log.prepend(shown, oldestId);
  }

  return { state, loading, problem, load };
}
