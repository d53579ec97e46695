import { setTimeout as delay } from 'node:timers/promises';
import { request, type HttpAnswer } from '../../harness/http-client.js';
import type { FinalHistory } from '../record/record.js';
import { textOf } from '../record/recording-reader.js';

interface Page {
  readonly messages: readonly { readonly id: string; readonly data: unknown }[];
  readonly position: string;
}

/** Everything that the broker keeps of a channel, retried until it answers. Rejects when `signal` is aborted. */
export async function readHistory(
  origin: string,
  channel: string,
  signal: AbortSignal,
): Promise<FinalHistory> {
  const messages: { id: string; message: string }[] = [];
  // A position of another epoch: the first page begins with the oldest message kept.
  for (let after = '0-0'; ;) {
    const page = await readPage(
      `${origin}/channels/${channel}/messages?after=${after}&limit=1000`,
      signal,
    );
    messages.push(...page.messages.map(({ id, data }) => ({ id, message: textOf(data) })));
    after = page.position;
    if (page.messages.length === 0) return { channel, newest: after, messages };
  }
}

async function readPage(url: string, signal: AbortSignal): Promise<Page> {
  for (;;) {
    const answer: HttpAnswer | undefined = await request(url, { signal }).catch(() => undefined);
    if (answer?.status === 200) return answer.json() as Page;
    await delay(100, undefined, { signal });
  }
}
