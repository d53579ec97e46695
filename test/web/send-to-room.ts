import { request } from '../harness/http-client.js';

/** Sends to a room as any client does; resolves when the server has accepted. */
export async function sendToRoom(url: string, room: string, ...texts: string[]): Promise<void> {
  for (const message of texts) {
    const answer = await request(`${url}/channels/chat.${room}/messages`, {
      json: { data: { name: 'Sender', message } },
    });
    if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`);
  }
}

/** `one`, `one + 1`, … `last` as texts. */
export function numbers(first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => `number ${first + index}`);
}
