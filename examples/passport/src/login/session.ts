import { SignJWT } from 'jose';

export const COOKIE = 'session';
export const SECRET = process.env.SESSION_SECRET ?? 'a secret that is for this example only';
export const SESSION_SECONDS = Number(process.env.SESSION_SECONDS ?? 3600);

export function sessionOf(user: string): Promise<string> {
  return new SignJWT()
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setExpirationTime(Math.floor(Date.now() / 1000) + SESSION_SECONDS)
    .sign(Buffer.from(SECRET));
}
