const FORM = /^[A-Za-z0-9_.:-]{1,64}$/;
const RESERVED = /^(?:stream|presence)\./;

/** Whether senders may use this type: of the form, and not one of the server's own. */
export function isMessageType(type: unknown): type is string {
  return typeof type === 'string' && FORM.test(type) && !RESERVED.test(type);
}
