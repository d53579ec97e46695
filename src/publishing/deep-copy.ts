/**
 * A copy that later changes of the original do not reach: of plain objects, arrays and dates, of which JSON is made.
 * Instances of classes stay as they are, for a schema may ask for them. Several times as fast as `structuredClone`.
 * @throws RangeError for data that is nested deeper than the stack, or within itself
 */
export function deepCopy(data: unknown): unknown {
  if (typeof data !== 'object' || data === null) {
    return data;
  }
  if (Array.isArray(data)) {
    return data.map((item: unknown) => deepCopy(item));
  }
  if (data instanceof Date) {
    return new Date(data);
  }
  return isPlain(data) ? copyOf(data as Record<string, unknown>) : data;
}

function copyOf(data: Record<string, unknown>): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(data)) {
    if (key === '__proto__') {
      // An assignment would set the prototype.
      Object.defineProperty(copy, key, { value: deepCopy(data[key]), enumerable: true });
    } else {
      copy[key] = deepCopy(data[key]);
    }
  }
  return copy;
}

function isPlain(data: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(data);
  // The `Object.prototype` of another realm, such as a test runner's, is one too.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
