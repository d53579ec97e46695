export const HISTORY_COUNT = 50;

function channelUrl(channel: string, leaf: string, query: Record<string, string> = {}): string {
  const url = new URL(`channels/${encodeURIComponent(channel)}/${leaf}`, document.baseURI);
  url.hash = '';
  url.search = new URLSearchParams(query).toString();
  return url.href;
}

/** The live stream. It begins with the last messages, or with what was missed after `lastEventId`. */
export function eventsUrl(channel: string, lastEventId: string): string {
  const query = { history: String(HISTORY_COUNT), heartbeat: 'event' };
  return channelUrl(channel, 'events', lastEventId === '' ? query : { ...query, lastEventId });
}

export function messagesUrl(channel: string): string {
  return channelUrl(channel, 'messages');
}

export function olderMessagesUrl(channel: string, before: string): string {
  return channelUrl(channel, 'messages', { before, limit: String(HISTORY_COUNT) });
}

export function newestMessageUrl(channel: string): string {
  return channelUrl(channel, 'messages', { limit: '1' });
}
