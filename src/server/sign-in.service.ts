import { Injectable } from '@nestjs/common';
import { stringifySetCookie } from 'cookie';
import { createHash } from 'node:crypto';
import { cookieOf } from './access.js';
import { makeToken } from './credentials.js';
import type { Environment } from './environment.js';

const SECONDS = 8 * 60 * 60;
/** What the chat page may use, even if nobody else may. */
const CHAT = ['chat.*', 'public.*'];

export interface SignedIn {
  readonly identity: string;
  readonly name: string;
  readonly expiresAt: Date;
}

/** Gives anybody the token of anybody, for development. */
@Injectable()
export class SignIn {
  private readonly cookie: string;

  constructor(private readonly environment: Environment) {
    this.cookie = cookieOf(environment) ?? '';
  }

  /** @returns who it is from now on, and the cookie that says so, as the value of `Set-Cookie` */
  async signIn(name: string, isSecure: boolean): Promise<{ signedIn: SignedIn; cookie: string }> {
    const identity = identityOf(name);
    const token = await makeToken(
      {
        ...{ kind: 'token', sub: identity, jti: undefined, name, seconds: SECONDS },
        ...{ publish: CHAT, subscribe: CHAT, moderate: [], admin: false },
      },
      this.environment,
    );
    const expiresAt = new Date(Date.now() + SECONDS * 1000);
    return {
      signedIn: { identity, name, expiresAt },
      cookie: this.format(token, SECONDS, isSecure),
    };
  }

  /** The value of `Set-Cookie` that removes the token. */
  signOut(isSecure: boolean): string {
    return this.format('', 0, isSecure);
  }

  private format(value: string, maxAge: number, secure: boolean): string {
    const options = { httpOnly: true, sameSite: 'lax', path: '/', maxAge, secure } as const;
    return stringifySetCookie({ name: this.cookie, value, ...options });
  }
}

/** An id that can be a part of a channel's name: `Zoë Doe` becomes `zoe-doe`. */
function identityOf(name: string): string {
  const letters = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const id = letters.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
  return id === '' ? createHash('sha256').update(name).digest('hex').slice(0, 12) : id;
}
