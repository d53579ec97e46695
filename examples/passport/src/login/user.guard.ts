import { Injectable, UnauthorizedException } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';

/** Lets everyone in, and says who it is. The policies of the channels decide who may do what. */
@Injectable()
export class UserGuard extends AuthGuard('jwt') {
  override handleRequest<User>(error: unknown, user: User | false): User {
    if (error) throw error instanceof Error ? error : new UnauthorizedException();
    return (user || undefined) as User;
  }
}
