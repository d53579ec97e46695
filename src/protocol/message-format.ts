const TYPE = /^[A-Za-z0-9_.:-]{1,64}$/;
const RESERVED_TYPE = /^(?:stream|presence)\./;
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,128}$/;

/** The most messages in a batch. */
export const MAX_BATCH_COUNT = 1000;

/** The most characters in a sender. */
export const MAX_SENDER_LENGTH = 256;

/** Whether senders may use this type: it is well-formed and not reserved for the server. */
export function isMessageType(type: unknown): type is string {
  return typeof type === 'string' && TYPE.test(type) && !RESERVED_TYPE.test(type);
}

/** Whether this is 1 to 128 visible ASCII characters. */
export function isIdempotencyKey(key: unknown): key is string {
  return typeof key === 'string' && IDEMPOTENCY_KEY.test(key);
}
