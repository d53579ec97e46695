import { Injectable } from '@nestjs/common';
import type { Account } from './account.js';

@Injectable()
export class AccountsService {
  private readonly byToken = new Map<string, Account>([
    ['ada-token', { name: 'ada', isStaff: false }],
    ['bob-token', { name: 'bob', isStaff: false }],
    ['sam-token', { name: 'sam', isStaff: true }],
  ]);

  findByToken(token: string): Account | undefined {
    return this.byToken.get(token);
  }
}
