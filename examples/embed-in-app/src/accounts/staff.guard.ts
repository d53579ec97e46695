import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { AccountRequest } from './account.guard.js';

/** Behind the `AccountGuard`: lets in who works here. */
@Injectable()
export class StaffGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.switchToHttp().getRequest<AccountRequest>().account.isStaff;
  }
}
