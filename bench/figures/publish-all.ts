import type { Contestant, PublishTimes } from '../processes/contestant.js';

/**
 * Publishes that many messages, however long it takes: a server that is busy with something else leaves some
 * of its messages out, and is asked again.
 */
export async function publishAll(
  server: Contestant,
  count: number,
  pace: Omit<PublishTimes, 'seconds'>,
): Promise<void> {
  const endSeq = server.nextSeq + count;
  while (server.nextSeq < endSeq) {
    await server.publish({ ...pace, seconds: (endSeq - server.nextSeq) / pace.perSecond });
  }
}
