import type { Bench } from '../bench.js';
import type { ContestantName } from '../contestants.js';
import type { SendRun } from '../load/send.js';
import { newToken } from '../token.js';
import { createPayload } from '../payload.js';
import type { Contestant } from '../processes/contestant.js';
import { NodeContestant } from '../processes/node-contestant.js';
import { cpuUs } from '../processes/proc.js';

export interface SendRow {
  readonly server: ContestantName | 'empty-nest-post';
  /** `limited` is `single` to a channel with limits of clients, `signed` is `single` with a token. */
  readonly route: 'single' | 'limited' | 'signed' | 'batch';
  readonly messagesPerSecond?: number;
  readonly cpuUsPerMessage?: number;
  readonly redisCpuUsPerMessage?: number;
  readonly note?: string;
  readonly failed?: boolean;
}

type Subject = Pick<SendRow, 'server' | 'route'> & {
  readonly contestant: Contestant;
  readonly messages: number;
  readonly run: Omit<SendRun, 'port' | 'seconds'>;
};

const BATCH_COUNT = 1000;
const BATCH_CONNECTIONS = 8;
const SENDERS: readonly ContestantName[] = ['birdsong-memory', 'birdsong-redis'];

/** Sends a second over HTTP, compared with a Nest route that takes the same body and does nothing. */
export async function measureSend(bench: Bench): Promise<SendRow[]> {
  const names = bench.names.filter((name) => SENDERS.includes(name));
  if (names.length === 0) return [];
  const authorization = `Bearer ${await newToken()}`;
  const empty = await NodeContestant.start({
    ...{ name: 'empty-nest-post', module: 'nest-post.js', eventsPath: '', readyMark: '' },
  });
  try {
    const subjects: Subject[] = [single(bench, 'empty-nest-post', empty, 'single')];
    for (const name of names) {
      const contestant = await bench.server(name);
      subjects.push(
        single(bench, name, contestant, 'single'),
        single(bench, name, contestant, 'limited'),
        signed(bench, name, contestant, authorization),
        batch(name, contestant),
      );
    }
    return await measureInTurns(bench, subjects);
  } finally {
    await empty.stop();
  }
}

async function measureInTurns(bench: Bench, subjects: readonly Subject[]): Promise<SendRow[]> {
  const rounds = new Map<Subject, SendRow[]>();
  // The first round only warms up.
  for (let round = 0; round <= bench.plan.send.rounds; round += 1) {
    for (const subject of subjects) {
      const row = await measure(bench, subject);
      if (round === 0) continue;
      rounds.set(subject, [...(rounds.get(subject) ?? []), row]);
      const outcome = row.note ?? `${Math.round(row.messagesPerSecond ?? 0)} messages/s`;
      bench.say(`send ${subject.server}, ${subject.route}: ${outcome}`);
    }
  }
  return [...rounds.values()].map(median).filter((row) => row !== undefined);
}

function measure(bench: Bench, subject: Subject): Promise<SendRow> {
  const { server, route } = subject;
  return measureOne(bench, subject).catch((error: unknown) => ({
    ...{
      server,
      route,
      failed: true,
      note: error instanceof Error ? error.message : String(error),
    },
  }));
}

async function measureOne(bench: Bench, subject: Subject): Promise<SendRow> {
  const { server, route, contestant, messages, run } = subject;
  const { load, redis, plan } = bench;
  const beforeUs = [cpuUs(contestant.pids), cpuUs([redis.pid])] as const;
  const outcome = await load.call('send', {
    ...{ ...run, port: contestant.port, seconds: plan.send.seconds },
  });
  const { refusal, acceptedCount, elapsedMs } = outcome;
  if (refusal !== undefined) {
    const note = refusal.startsWith('HTTP/1.1 404 ') ? 'not available' : firstLine(refusal);
    return { server, route, note };
  }
  const sent = acceptedCount * messages;
  return {
    ...{ server, route, messagesPerSecond: (sent / elapsedMs) * 1000 },
    cpuUsPerMessage: (cpuUs(contestant.pids) - beforeUs[0]) / sent,
    ...(server === 'birdsong-redis' && {
      redisCpuUsPerMessage: (cpuUs([redis.pid]) - beforeUs[1]) / sent,
    }),
  };
}

function single(
  bench: Bench,
  server: SendRow['server'],
  contestant: Contestant,
  route: 'single' | 'limited',
): Subject {
  return {
    ...{ server, route, contestant, messages: 1 },
    run: {
      path: `/channels/${route === 'limited' ? 'limited' : 'bench'}/messages`,
      body: JSON.stringify({ data: createPayload(0) }),
      connections: bench.plan.send.connections,
    },
  };
}

function signed(
  bench: Bench,
  server: ContestantName,
  contestant: Contestant,
  authorization: string,
): Subject {
  const subject = single(bench, server, contestant, 'single');
  return { ...subject, route: 'signed', run: { ...subject.run, authorization } };
}

function batch(server: ContestantName, contestant: Contestant): Subject {
  const messages = Array.from({ length: BATCH_COUNT }, () => ({ data: createPayload(0) }));
  return {
    ...{ server, route: 'batch', contestant, messages: BATCH_COUNT },
    run: {
      path: '/channels/bench/messages/batch',
      body: JSON.stringify({ messages }),
      connections: BATCH_CONNECTIONS,
    },
  };
}

function median(rows: readonly SendRow[]): SendRow | undefined {
  return rows.toSorted(
    (left, right) => (left.messagesPerSecond ?? 0) - (right.messagesPerSecond ?? 0),
  )[Math.floor(rows.length / 2)];
}

function firstLine(text: string): string {
  return text.slice(0, text.indexOf('\r\n'));
}
