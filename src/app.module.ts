import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { BirdsongModule } from './birdsong.module.js';
import { ProblemFilter } from './http/problem.filter.js';
import { serverChannels } from './server/channels.js';
import type { Environment } from './server/environment.js';
import { readersOf } from './server/hardening/limits.js';
import { HealthController } from './server/health.controller.js';
import { redisOptionsOf } from './server/redis-environment.js';

/** The stand-alone server. */
@Module({})
export class AppModule {
  static forEnvironment(environment: Environment): DynamicModule {
    const { HISTORY_COUNT, HISTORY_SECONDS } = environment;
    return {
      module: AppModule,
      imports: [
        BirdsongModule.forRoot({
          channels: serverChannels({ count: HISTORY_COUNT, ageSeconds: HISTORY_SECONDS }),
          redis: redisOptionsOf(environment),
          maxMessageBytes: environment.MAX_MESSAGE_BYTES,
          idempotencySeconds: environment.IDEMPOTENCY_SECONDS,
          heartbeatSeconds: environment.HEARTBEAT_SECONDS,
          drainSeconds: environment.DRAIN_SECONDS,
          maxChannelsPerStream: environment.MAX_CHANNELS_PER_STREAM,
          maxStreams: readersOf(environment),
          maxFeeds: environment.MAX_FEEDS,
          feedLingerSeconds: environment.FEED_LINGER_SECONDS,
          maxTotalUnsentBytes: environment.MAX_TOTAL_UNSENT_BYTES,
          coalesceMs: environment.COALESCE_MS,
        }),
      ],
      controllers: [HealthController],
      providers: [{ provide: APP_FILTER, useClass: ProblemFilter }],
    };
  }
}
