import type { Channel } from '../channels/channel-policies.js';
import type { Asker, BatchAccessRule, Policy } from '../channels/policy.js';

export type Kind = 'publish' | 'subscribe';

/** How many rules of one request are asked at the same time. */
const ASKED_AT_ONCE = 32;

type Ask = () => Promise<void>;

/**
 * The first of these channels that its policy refuses. Rules that are functions are asked together, and no further once
 * one has refused.
 */
export async function firstRefused(
  channels: readonly Channel[],
  kind: Kind,
  asker: Asker,
): Promise<Channel | undefined> {
  const byWord = channels.find(({ policy }) => isRefusedByWord(policy, kind, asker));
  if (byWord) {
    return byWord;
  }
  const refused = new Set<Channel>();
  const questions = questionsFor(channels, kind, asker, refused);
  const queue = questions.values();
  const askOn = async (): Promise<void> => {
    for (const ask of queue) {
      await ask();
      if (refused.size > 0) {
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(questions.length, ASKED_AT_ONCE) }, askOn));
  return channels.find((channel) => refused.has(channel));
}

function isRefusedByWord(policy: Policy, kind: Kind, { identity }: Asker): boolean {
  const rule = policy[kind];
  return rule === 'nobody' || (rule === 'authenticated' && identity === undefined);
}

function questionsFor(
  channels: readonly Channel[],
  kind: Kind,
  asker: Asker,
  refused: Set<Channel>,
): Ask[] {
  const together = new Map<Policy, Channel[]>();
  const questions: Ask[] = [];
  for (const channel of channels) {
    const { name, params, policy } = channel;
    const rule = policy[kind];
    if (typeof rule === 'function') {
      questions.push(async () => {
        if (!(await rule({ channel: name, params, ...asker }))) {
          refused.add(channel);
        }
      });
    } else if (typeof rule === 'object') {
      const group = together.get(policy);
      if (group) {
        group.push(channel);
      } else {
        const first = [channel];
        together.set(policy, first);
        questions.push(() => askForMany(rule, first, asker, refused));
      }
    }
  }
  return questions;
}

async function askForMany(
  rule: BatchAccessRule,
  channels: readonly Channel[],
  asker: Asker,
  refused: Set<Channel>,
): Promise<void> {
  const asked = channels.map(({ name, params }) => ({ channel: name, params }));
  const answers = await rule.many({ channels: asked, ...asker });
  if (answers.length !== channels.length) {
    throw new Error(
      `Birdsong: a rule with many gave ${answers.length} answers for ${channels.length} channels.`,
    );
  }
  channels.filter((_, index) => !answers[index]).forEach((channel) => refused.add(channel));
}
