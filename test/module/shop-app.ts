import {
  Controller,
  ForbiddenException,
  Get,
  Injectable,
  Param,
  ParseIntPipe,
  Req,
  Sse,
  SseSignal,
  UseGuards,
  UseInterceptors,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type MessageEvent,
  type NestInterceptor,
} from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import type { Request } from 'express';
import { filter, map, tap, type Observable } from 'rxjs';
import { Birdsong, NewMessageEvent, type BirdsongOptions } from '../../src/index.js';

export const CHANNELS: BirdsongOptions['channels'] = {
  'orders.:id': {},
  'open.*': { publish: 'anyone', subscribe: 'anyone' },
};

/** What the interceptor saw. */
export const seen: string[] = [];

@Injectable()
export class TokenGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { query } = context.switchToHttp().getRequest<Request>();
    if (query['token'] !== 'mine') {
      throw new ForbiddenException('Not your order');
    }
    return true;
  }
}

@Injectable()
export class SeeingInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    seen.push(`before ${context.getHandler().name}`);
    return next.handle().pipe(tap({ complete: () => seen.push('complete') }));
  }
}

@Controller('shop')
export class ShopController {
  constructor(private readonly birdsong: Birdsong) {}

  @Sse('orders/:id/events')
  @UseGuards(TokenGuard)
  order(@Param('id', ParseIntPipe) id: number, @Req() incoming: Request): Observable<MessageEvent> {
    return this.birdsong.stream(`orders.${id}`, incoming, { history: 10 });
  }

  @Sse('intercepted')
  @UseInterceptors(SeeingInterceptor)
  intercepted(@Req() incoming: Request): Observable<MessageEvent> {
    return this.birdsong.stream(['orders.1', 'orders.2'], incoming);
  }

  @Sse('late')
  async late(@Req() incoming: Request): Promise<Observable<MessageEvent>> {
    await new Promise(setImmediate);
    return this.birdsong.stream('orders.1', incoming);
  }

  @Sse('signal')
  signal(@Req() incoming: Request, @SseSignal() signal: AbortSignal): Observable<MessageEvent> {
    signal.addEventListener('abort', () => void this.birdsong.publish('open.signal', 'aborted'));
    return this.birdsong.stream('orders.1', incoming);
  }

  @Sse('unknown')
  unknown(@Req() incoming: Request): Observable<MessageEvent> {
    return this.birdsong.stream('no.such', incoming);
  }

  @Sse('shouted')
  shouted(): Observable<MessageEvent> {
    return this.birdsong.observe('orders.1').pipe(
      filter(({ type }) => type === 'note'),
      map(({ id, data }) => ({ id, data: String(data).toUpperCase() })),
    );
  }

  @Get('history')
  async history(): Promise<unknown[]> {
    const { messages } = await this.birdsong.history('orders.1', { limit: 2 });
    return messages.map(({ data }) => data);
  }
}

@Injectable()
export class Auditor {
  readonly audited: unknown[] = [];

  @OnEvent(NewMessageEvent.NAME)
  audit({ message }: NewMessageEvent): void {
    this.audited.push(message.data);
  }
}
