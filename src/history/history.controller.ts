import {
  Controller,
  Get,
  Query,
  Res,
  UseFilters,
  UseGuards,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import { Access, AccessGuard, Admission, type Admitted } from '../access/access.guard.js';
import { answerJson } from '../http/answer-json.js';
import { rawResponseOf, type HttpResponse } from '../http/http-request.js';
import { ProblemFilter } from '../http/problem.filter.js';

import { formatPosition, parsePosition, type Position } from '../protocol/position.js';
import { RequestPipe, wholeParameter } from '../http/request.pipe.js';
import type { HistoryPage } from '../broker/broker.port.js';
import { endOf, HistoryService } from './history.service.js';
import { UnsentBytes } from '../delivery/unsent-bytes.js';
import { onFinished } from '../http/on-finished.js';

const position = z
  .string()
  .transform((text, context): Position => {
    const parsed = parsePosition(text);
    if (!parsed) {
      context.addIssue({ code: 'custom', message: 'must be a position, <epoch>-<offset>' });
      return z.NEVER;
    }
    return parsed;
  })
  .optional();

const historyQuery = z
  .object({
    after: position,
    before: position,
    limit: wholeParameter(1, 1000).default(50),
    wait: wholeParameter(0, 30).default(0),
  })
  .refine(({ after, wait }) => wait === 0 || after !== undefined, {
    path: ['wait'],
    error: 'requires `after`',
  });

type HistoryParameters = z.infer<typeof historyQuery>;

@Controller({ path: 'channels/:channel/messages', version: VERSION_NEUTRAL })
@UseGuards(AccessGuard)
@UseFilters(ProblemFilter)
export class HistoryController {
  constructor(
    private readonly history: HistoryService,
    private readonly unsent: UnsentBytes,
  ) {}

  @Get()
  @Access('subscribe')
  async list(
    @Admission() { identity, client, channels: [channel] }: Admitted,
    @Query(new RequestPipe(historyQuery)) query: HistoryParameters,
    @Res() answer: HttpResponse,
  ): Promise<void> {
    const { after, before, limit, wait } = query;
    const response = rawResponseOf(answer);
    const page =
      after && wait > 0
        ? await this.history.readOrWait(
            channel,
            { after, before, limit },
            {
              waitMs: Math.min(wait * 1000, msUntil(identity?.expiresAt)),
              ...{ signal: signalOf(response), identity, client },
            },
          )
        : await this.history.read(channel, { after, before, limit });
    const json = encodePage(page, query);
    this.countUntilSent(response, json);
    answerJson(answer, 200, json);
  }

  private countUntilSent(response: ServerResponse, json: string): void {
    if (!response.destroyed) {
      // Counted by the request, because a response that waits behind another one cannot be destroyed.
      const { req: request } = response;
      this.unsent.add(request, request, Buffer.byteLength(json));
      onFinished(request, response, () => this.unsent.release(request));
    }
  }
}

/** The messages are JSON already. */
function encodePage(page: HistoryPage, { after }: HistoryParameters): string {
  const messages = page.messages.map(({ json }) => json).join(',');
  const position = formatPosition(endOf(page, after));
  return `{"messages":[${messages}],"position":"${position}","gap":${String(page.gap !== undefined)}}`;
}

const msUntil = (end: Date | undefined): number =>
  end ? Math.max(0, end.getTime() - Date.now()) : Infinity;

/** A signal that is aborted when the client leaves. */
function signalOf(response: ServerResponse): AbortSignal {
  const leaving = new AbortController();
  onFinished(response.req, response, () => leaving.abort());
  return leaving.signal;
}
