import type { Sieve } from '../../harness/proxied-connection.js';

/** Drops some of the messages that Redis pushes to subscribers, and counts them. */
export class LossyPubSub {
  /** The share of messages to drop, from 0 to 1. */
  lossRate = 0;
  droppedCount = 0;

  /** For one connection. */
  sieve(): Sieve {
    let held = Buffer.alloc(0);
    return (chunk, { opening }) => {
      if (!opening.includes('birdsong-subscriber')) return chunk;
      held = Buffer.concat([held, chunk]);
      const passed: Buffer[] = [];
      for (let end = endOfValue(held, 0); end !== undefined; end = endOfValue(held, 0)) {
        const value = held.subarray(0, end);
        held = held.subarray(end);
        if (isMessage(value) && Math.random() < this.lossRate) this.droppedCount += 1;
        else passed.push(value);
      }
      return Buffer.concat(passed);
    };
  }
}

const isMessage = (value: Buffer): boolean =>
  /^[*>]3\r\n\$7\r\nmessage\r\n\$\d+\r\nbirdsong:\{/.test(value.toString('latin1', 0, 100));

/** Where the value of Redis' protocol that begins here ends, or nothing if it is not all there. */
function endOfValue(bytes: Buffer, start: number): number | undefined {
  const lineEnd = bytes.indexOf('\r\n', start);
  if (lineEnd === -1) return undefined;
  const type = String.fromCharCode(bytes[start] ?? 0);
  const count = Number(bytes.toString('latin1', start + 1, lineEnd));
  let end: number | undefined = lineEnd + 2;
  if (type === '$' || type === '=') {
    if (count >= 0) end += count + 2;
  } else if ('*>~%'.includes(type)) {
    const values = type === '%' ? count * 2 : count;
    for (let index = 0; index < values && end !== undefined; index++) {
      end = endOfValue(bytes, end);
    }
  }
  return end !== undefined && end <= bytes.length ? end : undefined;
}
