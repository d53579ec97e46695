import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { AccountRequest } from '../accounts/account.guard.js';
import { OrdersService } from './orders.service.js';

/** Behind the `AccountGuard`: lets in whose order it is. */
@Injectable()
export class OrderOwnerGuard implements CanActivate {
  constructor(private readonly orders: OrdersService) {}

  canActivate(context: ExecutionContext): boolean {
    const { account, params } = context.switchToHttp().getRequest<AccountRequest>();
    return this.orders.get(String(params['id'])).customer === account.name;
  }
}
