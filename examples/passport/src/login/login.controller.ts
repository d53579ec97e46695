import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Post,
  Req,
  Res,
  UnauthorizedException,
} from '@nestjs/common';
import { Birdsong } from 'birdsong';
import { stringifySetCookie } from 'cookie';
import type { Request, Response } from 'express';
import type { User } from './cookie.strategy.js';
import { COOKIE, SESSION_SECONDS, sessionOf } from './session.js';

/** A real app has them in a database, hashed. */
const PASSWORDS: Readonly<Record<string, string>> = { ada: 'lovelace', bob: 'ross' };

@Controller()
export class LoginController {
  constructor(private readonly birdsong: Birdsong) {}

  @Post('login')
  @HttpCode(204)
  async login(
    @Body() body: { user?: string; password?: string } | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<void> {
    const { user = '', password } = body ?? {};
    if (!Object.hasOwn(PASSWORDS, user) || PASSWORDS[user] !== password) {
      throw new UnauthorizedException();
    }
    setCookie(response, await sessionOf(user), SESSION_SECONDS);
  }

  /** Ends the session in this browser, and the user's open streams everywhere. */
  @Delete('login')
  @HttpCode(204)
  async logout(
    @Req() { user }: Request & { user?: User },
    @Res({ passthrough: true }) response: Response,
  ): Promise<void> {
    setCookie(response, '', 0);
    if (user) await this.birdsong.disconnect({ identity: user.id });
  }

  @Get('me')
  me(@Req() { user }: Request & { user?: User }): { id: string | null } {
    return { id: user?.id ?? null };
  }
}

function setCookie(response: Response, value: string, maxAge: number): void {
  // Add `secure: true` where the app is served over HTTPS.
  const options = { httpOnly: true, sameSite: 'lax', path: '/', maxAge } as const;
  response.setHeader('Set-Cookie', stringifySetCookie({ name: COOKIE, value, ...options }));
}
