import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { parseCookie } from 'cookie';
import type { Request } from 'express';
import { Strategy } from 'passport-jwt';
import { COOKIE, SECRET } from './session.js';

/** What passport puts into `request.user`, in the form of an identity. */
export interface User {
  id: string;
  /** When the session ends, and its streams with it. */
  expiresAt: Date;
}

@Injectable()
export class CookieStrategy extends PassportStrategy(Strategy) {
  constructor() {
    super({
      jwtFromRequest: ({ headers }: Request) => parseCookie(headers.cookie ?? '')[COOKIE] ?? null,
      secretOrKey: SECRET,
    });
  }

  validate({ sub, exp }: { sub: string; exp: number }): User {
    return { id: sub, expiresAt: new Date(exp * 1000) };
  }
}
