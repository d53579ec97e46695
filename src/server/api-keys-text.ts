import type { ApiKey } from '../tokens/token-options.js';

/**
 * The members of a key in `API_KEYS`:
 * `<name>|<SHA-256>|publish=<patterns>|subscribe=<patterns>|moderate=<patterns>|admin`.
 */
const FORM = /^([\w.-]{1,64})\|([0-9a-f]{64})((?:\|[^|]+)*)$/i;

/**
 * Reads `API_KEYS`: keys separated by spaces or line breaks.
 * @throws Error that says which key is not valid, by its place, as what it holds may be a secret
 */
export function parseApiKeys(text: string): ApiKey[] {
  return text
    .trim()
    .split(/\s+/)
    .map((entry, index) => {
      const key = parseKey(entry);
      if (!key) {
        throw new Error(
          `key ${index + 1} must be <name>|<SHA-256>|publish=<patterns>|subscribe=<patterns>: birdsong keys makes one`,
        );
      }
      return key;
    });
}

export function formatApiKey({
  name,
  sha256,
  publish = [],
  subscribe = [],
  moderate = [],
  admin,
}: ApiKey): string {
  return [
    ...[name, sha256],
    ...(publish.length > 0 ? [`publish=${publish.join(',')}`] : []),
    ...(subscribe.length > 0 ? [`subscribe=${subscribe.join(',')}`] : []),
    ...(moderate.length > 0 ? [`moderate=${moderate.join(',')}`] : []),
    ...(admin === true ? ['admin'] : []),
  ].join('|');
}

function parseKey(entry: string): ApiKey | undefined {
  const [, name = '', sha256 = '', rest = ''] = FORM.exec(entry) ?? [];
  const members = rest.split('|').slice(1);
  const listOf = (member: string) =>
    members.flatMap((one) =>
      one.startsWith(`${member}=`) ? one.slice(member.length + 1).split(',') : [],
    );
  const isKnown = members.every((one) => /^(publish|subscribe|moderate)=.|^admin$/.test(one));
  const [publish, subscribe] = [listOf('publish'), listOf('subscribe')];
  const moderate = listOf('moderate');
  return name !== '' && isKnown
    ? { name, sha256, publish, subscribe, moderate, admin: members.includes('admin') }
    : undefined;
}
