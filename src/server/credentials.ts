import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { ChannelPattern } from '../channels/channel-pattern.js';
import { newApiKey } from '../tokens/api-keys.js';
import { formatApiKey } from './api-keys-text.js';
import type { Environment } from './environment.js';

interface Granted {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  readonly moderate: readonly string[];
  readonly admin: boolean;
}

/** What `birdsong token` shall print. */
export interface TokenCommand extends Granted {
  readonly kind: 'token';
  readonly sub: string;
  readonly jti: string | undefined;
  readonly name: string | undefined;
  readonly seconds: number;
}

/** What `birdsong keys` shall print. */
export interface KeyCommand extends Granted {
  readonly kind: 'keys';
  readonly name: string;
}

/**
 * Signs a token that a server with this environment takes.
 * @throws Error if it has no secret, or a pattern is not valid
 */
export function makeToken(command: TokenCommand, environment: Environment): Promise<string> {
  const { JWT_SECRET, JWT_ISSUER, JWT_AUDIENCE, JWT_CLAIM } = environment;
  if (JWT_SECRET === undefined) {
    throw new Error('JWT_SECRET is not set: only who has the secret can sign a token');
  }
  const { sub, jti = randomUUID(), name, seconds } = command;
  const { publish, subscribe, moderate, admin } = requirePatterns(command);
  const grants = {
    publish,
    subscribe,
    ...(moderate.length > 0 && { moderate }),
    ...(name !== undefined && { name }),
    ...(admin && { admin }),
  };
  const token = new SignJWT({ [JWT_CLAIM]: grants })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(sub)
    .setJti(jti)
    .setIssuedAt()
    .setExpirationTime(Math.floor(Date.now() / 1000) + seconds);
  if (JWT_ISSUER?.[0] !== undefined) {
    token.setIssuer(JWT_ISSUER[0]);
  }
  if (JWT_AUDIENCE?.[0] !== undefined) {
    token.setAudience(JWT_AUDIENCE[0]);
  }
  return token.sign(Buffer.from(JWT_SECRET));
}

/**
 * Makes an API key. Returns what to print: the key, and its entry in `API_KEYS`.
 * @throws Error if a pattern is not valid
 */
export function makeApiKey(command: KeyCommand): string {
  const { key, sha256 } = newApiKey();
  const { name, publish, subscribe, moderate, admin } = requirePatterns(command);
  const entry = formatApiKey({ name, sha256, publish, subscribe, moderate, admin });
  return `${key}\nAPI_KEYS=${entry}\n`;
}

function requirePatterns<Command extends Granted>(command: Command): Command {
  for (const pattern of [...command.publish, ...command.subscribe, ...command.moderate]) {
    new ChannelPattern(pattern);
  }
  return command;
}
