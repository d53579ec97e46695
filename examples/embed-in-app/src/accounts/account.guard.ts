import {
  Injectable,
  UnauthorizedException,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import type { Request } from 'express';
import type { Account } from './account.js';
import { AccountsService } from './accounts.service.js';

export interface AccountRequest extends Request {
  account: Account;
}

/** Lets in who has an account, and says whose request it is. */
@Injectable()
export class AccountGuard implements CanActivate {
  constructor(private readonly accounts: AccountsService) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<AccountRequest>();
    // A query parameter, because an EventSource cannot send headers. A session cookie does as well.
    const { token } = request.query;
    const account = typeof token === 'string' ? this.accounts.findByToken(token) : undefined;
    if (!account) {
      throw new UnauthorizedException();
    }
    request.account = account;
    return true;
  }
}
