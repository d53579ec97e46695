import { Body, Controller, HttpCode, Post, UseFilters, UseGuards } from '@nestjs/common';
import { z } from 'zod';
import { Birdsong } from '../../birdsong.service.js';
import { JsonBodyGuard } from '../../http/json-body.guard.js';
import { ProblemFilter } from '../../http/problem.filter.js';
import { RequestPipe } from '../../http/request.pipe.js';
import { AdminGuard } from './admin.guard.js';

const id = z.string().min(1).max(256);
const target = z.union(
  [z.strictObject({ identity: id }), z.strictObject({ token: id }), z.strictObject({ ticket: id })],
  { error: 'must be { "identity": … }, { "token": … } or { "ticket": … }' },
);

@Controller('revocations')
@UseGuards(AdminGuard, JsonBodyGuard)
@UseFilters(ProblemFilter)
export class RevocationsController {
  constructor(private readonly birdsong: Birdsong) {}

  /** Answers once every node will know it. */
  @Post()
  @HttpCode(204)
  revoke(@Body(new RequestPipe(target)) body: z.infer<typeof target>): Promise<void> {
    return this.birdsong.revoke(body);
  }
}
