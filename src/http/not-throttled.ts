import { SetMetadata } from '@nestjs/common';

/**
 * Sets the same metadata as `@SkipThrottle()` of `@nestjs/throttler`, a package that an app may not have. A deploy
 * makes thousands of clients reconnect, and an `EventSource` that is refused never comes back.
 */
export const NotThrottled = (): ClassDecorator => SetMetadata('THROTTLER:SKIPdefault', true);
