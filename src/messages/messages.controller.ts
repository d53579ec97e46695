import {
  Body,
  Controller,
  Headers,
  Param,
  Post,
  Req,
  Res,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { Access, AccessGuard, identityOf } from '../auth/access.guard.js';
import { ProblemFilter } from '../errors/problem.filter.js';
import { JsonBodyGuard } from './json-body.guard.js';
import type { Receipt } from './new-message.event.js';
import { requestValidation } from './request-validation.js';
import { requireIdempotencyKey, sendBody, type SendBody } from './send.request.js';
import { SendService } from './send.service.js';

type SendAnswer = Omit<Receipt, 'duplicate'> & { duplicate?: true };

@Controller('channels/:channel/messages')
@UseGuards(AccessGuard)
@UseFilters(ProblemFilter)
export class MessagesController {
  constructor(private readonly sender: SendService) {}

  /** Answers once the broker has the message: 201, or 200 for a repeat of an idempotency key. */
  @Post()
  @Access('publish')
  @UseGuards(JsonBodyGuard)
  async send(
    @Param('channel') channel: string,
    @Body({ schema: sendBody, pipes: [requestValidation] }) body: SendBody,
    @Headers('idempotency-key') key: string | undefined,
    @Req() request: unknown,
    @Res({ passthrough: true }) response: { status(code: number): unknown },
  ): Promise<SendAnswer> {
    const { duplicate, ...accepted } = await this.sender.send({
      channel,
      data: body.data,
      type: body.type,
      sender: identityOf(request)?.id,
      idempotencyKey: requireIdempotencyKey(key),
    });
    if (duplicate) {
      response.status(200);
      return { ...accepted, duplicate };
    }
    return accepted;
  }
}
