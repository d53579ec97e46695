import { SignJWT } from 'jose';

/** What the servers of the benchmark take. */
export const TOKEN_SECRET = 'a secret of the benchmark, and of no one else';

/** A token that counts for a day. */
export function newToken(): Promise<string> {
  return new SignJWT({ birdsong: { publish: ['bench'], subscribe: ['bench'] } })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('bench')
    .setExpirationTime('1d')
    .sign(Buffer.from(TOKEN_SECRET));
}
