import type { Channel } from '../channels/channel-policies.js';
import { isGranted } from '../channels/grants.js';
import type { Asker, BatchAccessRule, Policy } from '../channels/policy.js';

/** What a request wants to do with a channel. */
export type Action = 'publish' | 'subscribe' | 'moderate';

/** The most access rules that run at the same time for one request. */
const MAX_CONCURRENT_RULES = 32;

type Ask = () => Promise<void>;

/**
 * Returns the first channel whose policy refuses. Rules that are functions run concurrently; no further one starts once
 * one has refused.
 */
export async function firstRefused(
  channels: readonly Channel[],
  action: Action,
  asker: Asker,
): Promise<Channel | undefined> {
  const refusedOutright = channels.find((channel) => isRefusedOutright(channel, action, asker));
  if (refusedOutright) {
    return refusedOutright;
  }
  const refused = new Set<Channel>();
  const questions = questionsFor(channels, action, asker, refused);
  const queue = questions.values();
  const askNext = async (): Promise<void> => {
    for (const ask of queue) {
      await ask();
      if (refused.size > 0) {
        return;
      }
    }
  };
  await Promise.all(
    Array.from({ length: Math.min(questions.length, MAX_CONCURRENT_RULES) }, askNext),
  );
  return channels.find((channel) => refused.has(channel));
}

function isRefusedOutright(
  { name, policy }: Channel,
  action: Action,
  { identity }: Asker,
): boolean {
  switch (policy[action]) {
    case 'nobody':
      return true;
    case 'authenticated':
      return identity === undefined;
    case 'token':
      return !isGranted(identity, action, name);
    default:
      return false;
  }
}

function questionsFor(
  channels: readonly Channel[],
  action: Action,
  asker: Asker,
  refused: Set<Channel>,
): Ask[] {
  const together = new Map<Policy, Channel[]>();
  const questions: Ask[] = [];
  for (const channel of channels) {
    const { name, params, policy } = channel;
    const rule = policy[action];
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
      `Birdsong: the many() of an access rule returned ${answers.length} answers for ${channels.length} channels.`,
    );
  }
  channels.filter((_, index) => !answers[index]).forEach((channel) => refused.add(channel));
}
