import {
  Module,
  type BeforeApplicationShutdown,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { EventEmitterModule } from '@nestjs/event-emitter';
import type { Server } from 'node:http';
import { IdentityPort } from './auth/identity.port.js';
import { OptionIdentity } from './auth/option.identity.js';
import { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } from './birdsong.module-definition.js';
import { Birdsong } from './birdsong.service.js';
import { Broker } from './broker/broker.port.js';
import { MemoryBroker } from './broker/memory.broker.js';
import { NewMessageListener } from './broker/new-message.listener.js';
import { Feeds } from './channels/feeds.js';
import { HistoryService } from './channels/history.service.js';
import { Observers } from './channels/observers.js';
import { SendService } from './messages/send.service.js';
import type { BirdsongOptions } from './options/birdsong.options.js';
import { BirdsongSettings } from './options/birdsong.settings.js';
import { ChannelPolicies } from './policies/channel-policies.js';
import { RedisBroker } from './redis/redis.broker.js';
import { drainConnections } from './streams/drain-connections.js';
import { shapeForExpress } from './streams/express-shapes.js';
import { Readers } from './streams/readers.js';
import { Streams } from './streams/streams.js';

/**
 * Real-time messaging for a Nest app:
 *
 * ```ts
 * @Module({ imports: [BirdsongModule.forRoot({ channels: { 'orders.:id': {} } })] })
 * ```
 */
@Module({
  // Not global: an app's own emitter stays its own. Listeners are found on both.
  imports: [EventEmitterModule.forRoot({ global: false })],
  providers: [
    {
      provide: BirdsongSettings,
      useFactory: (options: BirdsongOptions) => new BirdsongSettings(options),
      inject: [MODULE_OPTIONS_TOKEN],
    },
    {
      provide: ChannelPolicies,
      useFactory: ({ channels }: BirdsongSettings) => new ChannelPolicies(channels),
      inject: [BirdsongSettings],
    },
    {
      provide: Broker,
      useFactory: (settings: BirdsongSettings) =>
        settings.redis ? new RedisBroker(settings, settings.redis) : new MemoryBroker(settings),
      inject: [BirdsongSettings],
    },
    { provide: IdentityPort, useClass: OptionIdentity },
    NewMessageListener,
    SendService,
    Feeds,
    HistoryService,
    Observers,
    Streams,
    Readers,
    Birdsong,
  ],
  exports: [Birdsong, Broker],
})
export class BirdsongModule
  extends ConfigurableModuleClass
  implements OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown
{
  constructor(
    private readonly broker: Broker,
    private readonly feeds: Feeds,
    private readonly readers: Readers,
    private readonly adapterHost: HttpAdapterHost,
    modules: ModulesContainer,
  ) {
    super();
    // Two of them would both handle every event, each by its own policies.
    if ([...modules.values()].filter(({ metatype }) => metatype === BirdsongModule).length > 1) {
      throw new Error('Birdsong: an app imports BirdsongModule.forRoot() once; it is global.');
    }
  }

  /** @throws BirdsongError `broker-unavailable`: an app without its broker does not start */
  async onModuleInit(): Promise<void> {
    const adapter = this.httpAdapter;
    if (adapter) {
      shapeForExpress(adapter.getHttpServer() as Server, adapter.getInstance());
    }
    await this.broker.open();
  }

  /** Nest closes the HTTP server after this, and waits for every open response. */
  beforeApplicationShutdown(): void {
    this.readers.drain();
    const server = this.httpAdapter?.getHttpServer() as Partial<Server> | undefined;
    if (server?.listening && server.closeIdleConnections) {
      drainConnections(server as Server);
    }
  }

  /** An app without HTTP, which only publishes, has none. */
  private get httpAdapter(): HttpAdapterHost['httpAdapter'] | undefined {
    return this.adapterHost.httpAdapter as HttpAdapterHost['httpAdapter'] | undefined;
  }

  async onApplicationShutdown(): Promise<void> {
    this.feeds.close();
    await this.broker.close();
  }
}
