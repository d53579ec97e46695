import type { BirdsongOptions } from '../config/birdsong-options.js';
import type { AccessRule } from '../channels/policy.js';
import type { Environment } from './environment.js';

type Channels = BirdsongOptions['channels'];

const ANY_HOST = ['0.0.0.0', '::'];

/** What the server is open to, in a line each, for whoever exposes it to a network. */
export function exposure(
  { HOST, CORS_ORIGINS, MAX_CONNECTIONS_PER_ADDRESS, SIGN_IN }: Environment,
  channels: Channels,
): string[] {
  const lists = [
    ['Anyone may send to', namesWhere(channels, 'publish', 'anyone')],
    ['Anyone may read', namesWhere(channels, 'subscribe', 'anyone')],
    ['Tokens and API keys may send to', namesWhere(channels, 'publish', 'token')],
    ['Tokens and API keys may read', namesWhere(channels, 'subscribe', 'token')],
    ['Each user may read their own of', ruledChannels(channels)],
    ['Nobody may read', namesWhere(channels, 'subscribe', 'nobody')],
  ] as const;
  return [
    ...(ANY_HOST.includes(HOST) ? ['Other machines can reach this server (HOST).'] : []),
    ...(SIGN_IN === 'development' ? ['Anyone may sign in as anyone (SIGN_IN).'] : []),
    ...lists.flatMap(([who, names]) => (names.length > 0 ? [`${who} ${names.join(', ')}.`] : [])),
    `What anyone sends takes at most ${mebibytes(channels)} MiB (HISTORY_TOTAL_BYTES).`,
    CORS_ORIGINS
      ? `Pages of ${CORS_ORIGINS.join(', ')} may use this server with the cookies of its readers (CORS_ORIGINS).`
      : 'Pages of other origins may not use this server (CORS_ORIGINS).',
    MAX_CONNECTIONS_PER_ADDRESS === undefined
      ? 'One address may take all connections (MAX_CONNECTIONS_PER_ADDRESS).'
      : `One address may have ${MAX_CONNECTIONS_PER_ADDRESS} requests under way (MAX_CONNECTIONS_PER_ADDRESS).`,
  ];
}

/** What all channels with a budget may take together. */
function mebibytes(channels: Channels): number {
  const budgets = Object.values(channels).map(({ history }) => history?.totalBytes ?? 0);
  return Math.ceil(budgets.reduce((sum, bytes) => sum + bytes, 0) / 1_048_576);
}

/** The channels whose readers a function decides on. */
const ruledChannels = (channels: Channels): string[] =>
  Object.entries(channels).flatMap(([pattern, { subscribe }]) =>
    typeof subscribe === 'function' ? [pattern] : [],
  );

function namesWhere(
  channels: Channels,
  action: 'publish' | 'subscribe',
  wanted: Extract<AccessRule, string>,
): string[] {
  return Object.entries(channels)
    .filter(([, policy]) => (policy[action] ?? 'nobody') === wanted)
    .map(([pattern]) => pattern);
}
