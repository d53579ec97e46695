import {
  Body,
  Controller,
  Delete,
  Header,
  HttpCode,
  Post,
  Req,
  Res,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import { JsonBodyGuard } from '../http/json-body.guard.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { RequestPipe } from '../http/request.pipe.js';
import { SignIn, type SignedIn } from './sign-in.service.js';

const signInBody = z.strictObject({ name: z.string().trim().min(1).max(64) });

/** A request of Express. */
interface ClientRequest {
  readonly secure: boolean;
}

/** Signs in whoever asks, for development: see `SIGN_IN`. */
@Controller('sign-in')
@UseFilters(ProblemFilter)
export class SignInController {
  constructor(private readonly service: SignIn) {}

  @Post()
  @UseGuards(JsonBodyGuard)
  @Header('Cache-Control', 'no-store')
  async signIn(
    @Body(new RequestPipe(signInBody)) { name }: z.infer<typeof signInBody>,
    @Req() { secure }: ClientRequest,
    @Res({ passthrough: true }) response: ServerResponse,
  ): Promise<SignedIn> {
    const { signedIn, cookie } = await this.service.signIn(name, secure);
    response.setHeader('Set-Cookie', cookie);
    return signedIn;
  }

  @Delete()
  @HttpCode(204)
  signOut(
    @Req() { secure }: ClientRequest,
    @Res({ passthrough: true }) response: ServerResponse,
  ): void {
    response.setHeader('Set-Cookie', this.service.signOut(secure));
  }
}
