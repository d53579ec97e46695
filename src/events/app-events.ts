import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import { OwnEmitterModule } from './own-emitter.module.js';

type Listener = (event: unknown) => unknown;

/**
 * The app's one event emitter: that of the host's `EventEmitterModule`, wherever it is imported, or Birdsong's own if
 * the host has none. A listener that fails is logged and does not keep the event from the others. Nothing here throws
 * or leaves an unhandled rejection.
 */
@Injectable()
export class AppEvents implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('Birdsong');
  private readonly listeners = new Map<string, Listener>();
  private emitter: EventEmitter2 | undefined;

  constructor(private readonly modules: ModulesContainer) {
    if (this.hostModule) {
      // With two of them, Nest would register every listener on both.
      for (const [token, { metatype }] of modules) {
        if (metatype === OwnEmitterModule) {
          modules.delete(token);
        }
      }
    }
  }

  /**
   * Adds a listener of Birdsong's own. Unlike `@OnEvent`, it hears events before the app's bootstrap and after its
   * close.
   */
  on(name: string, listener: Listener): void {
    this.listeners.set(name, listener);
  }

  onModuleInit(): void {
    const provider = (this.hostModule ?? this.ownModule)?.providers.get(EventEmitter2);
    const emitter = provider?.instance as EventEmitter2;
    this.listeners.forEach((listener, name) => emitter.on(name, listener));
    this.emitter = emitter;
  }

  /** On shutdown Nest removes all listeners except those for any event. */
  onApplicationShutdown(): void {
    this.listeners.forEach((listener, name) => this.emitter?.off(name, listener));
    this.emitter?.onAny((name, event: unknown) => this.listeners.get(String(name))?.(event));
  }

  /**
   * Emits an event in the next tick, so that no listener runs in the middle of Birdsong's own work.
   * @param make creates the event; not called if there are no listeners
   */
  emit(name: string, make: () => object): void {
    try {
      if (this.hasListeners(name)) {
        const event = make();
        process.nextTick(() => this.dispatch(name, event));
      }
    } catch (error) {
      this.report(name, error);
    }
  }

  /** Calls every listener at once. */
  dispatch(name: string, event: object): void {
    const { emitter } = this;
    if (emitter) {
      // Not `emitAsync`: if one listener throws, it drops the rejections of the others.
      // Listeners for several names read `this.event`.
      Object.assign(emitter, { event: name });
      for (const listener of [...emitter.listenersAny()]) {
        void this.call(name, () => Reflect.apply(listener, emitter, [name, event]));
      }
      for (const listener of [...emitter.listeners(name)]) {
        void this.call(name, () => Reflect.apply(listener, emitter, [event]));
      }
    }
  }

  private async call(name: string, call: () => unknown): Promise<void> {
    try {
      await call();
    } catch (error) {
      this.report(name, error);
    }
  }

  private hasListeners(name: string): boolean {
    const { emitter } = this;
    // With wildcards, the emitter's `hasListeners` does not count listeners for any event.
    return emitter?.hasListeners(name) === true || (emitter?.listenersAny().length ?? 0) > 0;
  }

  private get hostModule() {
    const hosts = [...this.modules.values()].filter(
      ({ metatype }) => metatype === EventEmitterModule,
    );
    return hosts.find(({ isGlobal }) => isGlobal) ?? hosts[0];
  }

  private get ownModule() {
    return [...this.modules.values()].find(({ metatype }) => metatype === OwnEmitterModule);
  }

  private report(name: string, error: unknown): void {
    this.logger.error(
      `A listener of ${name} failed`,
      error instanceof Error ? error.stack : String(error),
    );
  }
}
