import { ReplyError } from 'ioredis';
import type { UnavailableReason } from '../../errors/birdsong-error.js';

/** What Redis says, by the first word of its answer, when it refuses a command because of its own state. */
const REASONS: Readonly<Record<string, UnavailableReason>> = {
  OOM: 'full',
  READONLY: 'read-only',
  // It cannot save its data, and therefore takes no writes.
  MISCONF: 'read-only',
  NOREPLICAS: 'no-replicas',
  NOPERM: 'no-rights',
  NOAUTH: 'no-rights',
  WRONGPASS: 'no-rights',
  LOADING: 'loading',
  BUSY: 'unreachable',
  MASTERDOWN: 'unreachable',
  CLUSTERDOWN: 'unreachable',
};

/** Why Redis refused a command; undefined for an error that is no refusal, or has another reason. */
export function refusalOf(error: unknown): UnavailableReason | undefined {
  return error instanceof ReplyError ? refusalIn((error as Error).message) : undefined;
}

/** What Redis 7.0, and later versions, say within a script in place of NOPERM. */
const NO_RIGHT_IN_SCRIPT = /^ERR (The user executing the script can't|ACL failure in script)/;

export function refusalIn(answer: string): UnavailableReason | undefined {
  const [code = ''] = answer.split(' ');
  return NO_RIGHT_IN_SCRIPT.test(answer) ? 'no-rights' : REASONS[code];
}
