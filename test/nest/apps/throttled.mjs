// node throttled.mjs BUILT LANE [count]: an app with a global throttler, which Jest cannot load. Prints its address.
import 'reflect-metadata';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { SkipThrottle, ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';

const [, , built, lane, count] = process.argv;
const { BirdsongModule } = await import(built);

const birdsong = BirdsongModule.forRoot({
  lane,
  decorators: count ? [SkipThrottle({ default: false })] : [],
  channels: { 'open.*': { publish: 'anyone', subscribe: 'anyone' } },
});
const root = {
  ...birdsong,
  imports: [...(birdsong.imports ?? []), ThrottlerModule.forRoot([{ ttl: 60_000, limit: 3 }])],
  providers: [...(birdsong.providers ?? []), { provide: APP_GUARD, useClass: ThrottlerGuard }],
};

const app = await NestFactory.create(root, { logger: false });
await app.listen(0, '127.0.0.1');
console.log(`Listening on port ${app.getHttpServer().address().port}.`);
