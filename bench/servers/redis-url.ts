export function redisUrl(): string {
  const { REDIS_URL } = process.env;
  if (REDIS_URL === undefined) throw new Error('This server needs REDIS_URL.');
  return REDIS_URL;
}
