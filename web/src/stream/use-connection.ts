import { computed, onScopeDispose, ref, shallowRef, type ComputedRef } from 'vue';
import { newestMessageUrl } from '../http/endpoints.js';
import { readProblem } from '../http/problem.js';
import { request } from '../http/request.js';
import { RoomStream, type StreamReader, type StreamState } from './room-stream.js';
import { useOnline } from './use-online.js';

export type ConnectionState = StreamState | 'offline';

const SLOW_MS = 10_000;
const SLOW_NOTICE =
  'Still connecting. If Birdsong is open in many tabs, close some: a browser allows only about six connections to one server.';

interface Connection {
  readonly state: ComputedRef<ConnectionState>;
  /** What the reader should know in addition to the state; usually empty. */
  readonly notice: ComputedRef<string>;
}

/** Keeps one channel's stream open for as long as the component lives. */
export function useConnection(
  channel: string,
  reader: Pick<StreamReader, 'onReady' | 'onMessage' | 'onGap'>,
): Connection {
  const streamState = ref<StreamState>('connecting');
  const explanation = shallowRef('');
  const slowTimer = setTimeout(() => {
    if (streamState.value === 'connecting') explanation.value = SLOW_NOTICE;
  }, SLOW_MS);

  const stream = new RoomStream(channel, {
    ...reader,
    onState: (state) => {
      streamState.value = state;
      if (state === 'live') explanation.value = '';
    },
    onRefused: () => void explain(),
    onEnded: (reason) => {
      explanation.value = `The server has closed this connection (${reason}). Reload the page to try again.`;
    },
  });

  /** An `EventSource` does not say why it failed, but a plain request to the same channel does. */
  async function explain(): Promise<void> {
    const response = await request(newestMessageUrl(channel)).catch(() => undefined);
    if (response === undefined || response.ok || streamState.value === 'live') return;
    const { detail } = await readProblem(response);
    explanation.value = detail;
  }

  // A connection from before the network was lost may be dead without the browser knowing.
  const online = useOnline(() => stream.open());
  stream.open();
  onScopeDispose(() => {
    clearTimeout(slowTimer);
    stream.close();
  });

  return {
    state: computed(() => (online.value ? streamState.value : 'offline')),
    notice: computed(() => (online.value ? explanation.value : '')),
  };
}
