import type { ServerResponse } from 'node:http';

/**
 * Nest begins the response of an `@Sse()` handler with a blank line, which some clients hand out as an event without
 * data. This makes a comment of it. The client sees a byte at the same time as before.
 */
export function commentOutBlankLine(response: ServerResponse): void {
  const write = response.write.bind(response) as (...parts: unknown[]) => boolean;
  response.write = (chunk: unknown, ...rest: unknown[]) => {
    response.write = write;
    return write(chunk === '\n' ? ':\n' : chunk, ...rest);
  };
}
