import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import { OwnEmitterModule } from './own-emitter.module.js';

type Listener = (event: unknown) => unknown;

/**
 * The one event emitter of the app: that of the host's `EventEmitterModule`, wherever it is imported, or Birdsong's
 * own if the host has none. A listener that fails is logged and keeps the event from nobody else: nothing here throws or
 * leaves a rejection behind.
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

  /** Birdsong's own listener. Unlike one with `@OnEvent`, it hears before the app's bootstrap and after its close. */
  on(name: string, listener: Listener): void {
    this.listeners.set(name, listener);
  }

  onModuleInit(): void {
    const provider = (this.hostModule ?? this.ownModule)?.providers.get(EventEmitter2);
    const emitter = provider?.instance as EventEmitter2;
    this.listeners.forEach((listener, name) => emitter.on(name, listener));
    this.emitter = emitter;
  }

  /** Nest removes all listeners when an app shuts down, but not those of any event. */
  onApplicationShutdown(): void {
    this.listeners.forEach((listener, name) => this.emitter?.off(name, listener));
    this.emitter?.onAny((name, event: unknown) => this.listeners.get(String(name))?.(event));
  }

  /**
   * Tells of something that has happened, if anybody listens: soon, and never in the middle of what is going on.
   * @param make the event; not called if nobody listens
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

  /** Hands an event to who listens, at once. */
  dispatch(name: string, event: object): void {
    const { emitter } = this;
    if (emitter) {
      // Not by `emitAsync`: where one listener throws, it forgets what the others reject with.
      // What a listener of several names reads as `this.event`.
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
    // With wildcards, `hasListeners` does not count those of any event.
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
