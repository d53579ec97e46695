import { Module, type DynamicModule } from '@nestjs/common';
import { EventEmitterModule } from '@nestjs/event-emitter';

/** Nest's event emitter, for an app that does not import `EventEmitterModule` itself: see `AppEvents`. */
@Module({})
export class OwnEmitterModule extends EventEmitterModule {
  static override forRoot(): DynamicModule {
    return { ...super.forRoot({ global: false }), module: OwnEmitterModule };
  }
}
