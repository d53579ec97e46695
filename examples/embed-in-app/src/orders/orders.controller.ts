import { Controller, Param, Post, Req, Sse, UseGuards, type MessageEvent } from '@nestjs/common';
import { Birdsong } from 'birdsong';
import type { Observable } from 'rxjs';
import { AccountGuard, type AccountRequest } from '../accounts/account.guard.js';
import { StaffGuard } from '../accounts/staff.guard.js';
import { OrderOwnerGuard } from './order-owner.guard.js';
import type { Order } from './order.js';
import { OrdersService } from './orders.service.js';

@Controller('orders')
@UseGuards(AccountGuard)
export class OrdersController {
  constructor(
    private readonly orders: OrdersService,
    private readonly birdsong: Birdsong,
  ) {}

  @Post()
  place(@Req() { account }: AccountRequest): Promise<Order> {
    return this.orders.place(account.name);
  }

  @Post(':id/advance')
  @UseGuards(StaffGuard)
  advance(@Param('id') id: string): Promise<Order> {
    return this.orders.advance(id);
  }

  /** The guards decide before the stream opens, so a stranger gets a status and no stream. */
  @Sse(':id/events')
  @UseGuards(OrderOwnerGuard)
  events(@Param('id') id: string, @Req() request: AccountRequest): Observable<MessageEvent> {
    return this.birdsong.stream(`orders.${id}`, request, { history: 10 });
  }
}
