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
import { HistoryGate } from './broker/history-gate.js';
import { HistoryService } from './channels/history.service.js';
import { Observers } from './channels/observers.js';
import { ReaderLimit } from './channels/reader-limit.js';
import { UnsentBytes } from './channels/unsent-bytes.js';
import { SendService } from './messages/send.service.js';
import type { BirdsongOptions } from './options/birdsong.options.js';
import { BirdsongSettings } from './options/birdsong.settings.js';
import { ChannelPolicies } from './policies/channel-policies.js';
import { RedisBroker } from './redis/redis.broker.js';
import { announceClose, closeWhenIdle } from './streams/drain-connections.js';
import { shapeForExpress } from './streams/express-shapes.js';
import { Readers } from './streams/readers.js';
import { Streams } from './streams/streams.js';

/** How long, once everybody has been told to leave, what is under way may take until it is cut off. */
const CUT_OFF_MS = 5000;

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
    HistoryGate,
    Feeds,
    ReaderLimit,
    UnsentBytes,
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
  private cuttingOff: NodeJS.Timeout | undefined;

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

  /**
   * Takes `drainSeconds` at most. Nest closes the HTTP server after it, and waits for every open response: for
   * those of clients that do not read, and of requests that never end, not longer than `CUT_OFF_MS`.
   */
  async beforeApplicationShutdown(): Promise<void> {
    const server = this.listeningServer();
    if (server) {
      announceClose(server);
    }
    await this.readers.drain();
    if (server) {
      closeWhenIdle(server);
    }
    this.cuttingOff = setTimeout(() => {
      this.readers.cutOff();
      server?.closeAllConnections();
    }, CUT_OFF_MS);
  }

  async onApplicationShutdown(): Promise<void> {
    clearTimeout(this.cuttingOff);
    this.feeds.close();
    await this.broker.close();
  }

  /** An app without HTTP, which only publishes, has none. */
  private get httpAdapter(): HttpAdapterHost['httpAdapter'] | undefined {
    return this.adapterHost.httpAdapter as HttpAdapterHost['httpAdapter'] | undefined;
  }

  /** One with HTTP/2 is of another kind. */
  private listeningServer(): Server | undefined {
    const server = this.httpAdapter?.getHttpServer() as Partial<Server> | undefined;
    return server?.listening && server.closeIdleConnections ? (server as Server) : undefined;
  }
}
