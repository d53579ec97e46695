import {
  Body,
  Controller,
  Headers,
  Post,
  Res,
  UseFilters,
  UseGuards,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { Access, AccessGuard, Admission, type Admitted } from '../access/access.guard.js';
import { answerJson } from '../http/answer-json.js';
import type { HttpResponse } from '../http/http-request.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { JsonBodyGuard } from '../http/json-body.guard.js';
import { RequestPipe } from '../http/request.pipe.js';
import {
  batchBody,
  requireIdempotencyKey,
  sendBody,
  type BatchBody,
  type SendBody,
} from './send-body.js';
import { PublishingService } from './publishing.service.js';

@Controller({ path: 'channels/:channel/messages', version: VERSION_NEUTRAL })
@UseGuards(AccessGuard, JsonBodyGuard)
@UseFilters(ProblemFilter)
export class MessagesController {
  constructor(private readonly publishing: PublishingService) {}

  /** Answers once the broker has the message: 201, or 200 for a repeat of an idempotency key. */
  @Post()
  @Access('publish')
  async send(
    @Admission() { channels: [channel], identity, client }: Admitted,
    @Body(new RequestPipe(sendBody)) body: SendBody,
    @Headers('idempotency-key') key: string | undefined,
    @Res() response: HttpResponse,
  ): Promise<void> {
    const options = { sender: identity?.id, idempotencyKey: requireIdempotencyKey(key) };
    const { duplicate, ...accepted } = await this.publishing.send(
      { channel: channel.name, ...body, ...options },
      channel,
      client,
    );
    answer(response, accepted, duplicate);
  }

  /** The same for many messages, all or nothing. */
  @Post('batch')
  @Access('publish')
  async sendBatch(
    @Admission() { channels: [channel], identity, client }: Admitted,
    @Body(new RequestPipe(batchBody)) body: BatchBody,
    @Headers('idempotency-key') key: string | undefined,
    @Res() response: HttpResponse,
  ): Promise<void> {
    const options = { sender: identity?.id, idempotencyKey: requireIdempotencyKey(key) };
    const receipts = await this.publishing.sendBatch(
      { channel: channel.name, ...body, ...options },
      channel,
      client,
    );
    const messages = receipts.map(({ duplicate: _, ...accepted }) => accepted);
    answer(response, { messages }, receipts[0]?.duplicate === true);
  }
}

function answer(response: HttpResponse, accepted: object, duplicate: boolean): void {
  answerJson(response, duplicate ? 200 : 201, { ...accepted, ...(duplicate && { duplicate }) });
}
