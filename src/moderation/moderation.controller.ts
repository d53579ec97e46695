import {
  Body,
  Controller,
  Delete,
  Param,
  Put,
  Query,
  Res,
  UseFilters,
  UseGuards,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { z } from 'zod';
import { Access, AccessGuard, Admission, type Admitted } from '../access/access.guard.js';
import { answerEmpty, answerJson } from '../http/answer-json.js';
import type { HttpResponse } from '../http/http-request.js';
import { JsonBodyGuard } from '../http/json-body.guard.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { RequestPipe } from '../http/request.pipe.js';
import { MAX_SENDER_LENGTH } from '../protocol/message-format.js';
import { sendBody } from '../publishing/send-body.js';
import { Moderation } from './moderation.service.js';

const editBody = sendBody.omit({ type: true });
/** Strict, because a misspelled `sender` would clear the channel. */
const deleteQuery = z.strictObject({
  sender: z.string().min(1).max(MAX_SENDER_LENGTH).optional(),
  ticket: z.string().optional(),
});

@Controller({ path: 'channels/:channel/messages', version: VERSION_NEUTRAL })
@UseGuards(AccessGuard)
@UseFilters(ProblemFilter)
export class ModerationController {
  constructor(private readonly moderation: Moderation) {}

  /** Answers with the message as it is from now on. */
  @Put(':id')
  @UseGuards(JsonBodyGuard)
  @Access('moderate')
  async edit(
    @Admission() { channels: [{ name }] }: Admitted,
    @Param('id') id: string,
    @Body(new RequestPipe(editBody)) { data }: z.infer<typeof editBody>,
    @Res() response: HttpResponse,
  ): Promise<void> {
    answerJson(response, 200, await this.moderation.edit(name, id, data));
  }

  @Delete(':id')
  @Access('moderate')
  async delete(
    @Admission() { channels: [{ name }] }: Admitted,
    @Param('id') id: string,
    @Res() response: HttpResponse,
  ): Promise<void> {
    await this.moderation.delete(name, id);
    answerEmpty(response);
  }

  /** Clears the channel, or deletes all messages of one sender. */
  @Delete()
  @Access('moderate')
  async deleteAll(
    @Admission() { channels: [{ name }] }: Admitted,
    @Query(new RequestPipe(deleteQuery)) { sender }: z.infer<typeof deleteQuery>,
    @Res() response: HttpResponse,
  ): Promise<void> {
    if (sender === undefined) {
      await this.moderation.clear(name);
      answerEmpty(response);
    } else {
      answerJson(response, 200, { deleted: await this.moderation.deleteAllOf(name, sender) });
    }
  }
}
