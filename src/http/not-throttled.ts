import { SetMetadata } from '@nestjs/common';

/**
 * What `@SkipThrottle()` of `@nestjs/throttler` leaves: an app may not have that package. A client that reconnects, as a
 * deploy makes thousands do, is not to be refused for it: an `EventSource` would not come back.
 */
export const NotThrottled = (): ClassDecorator => SetMetadata('THROTTLER:SKIPdefault', true);
