import type { IncomingMessage, ServerResponse } from 'node:http';
import { onFinished } from '../../http/on-finished.js';

/**
 * Calls back once, when the handler has answered, or when the client is gone. The answer may take longer to be sent,
 * if its client does not read or another answer is before it.
 * @param callback called with the body, or an empty one
 */
export function onAnswered(
  request: IncomingMessage,
  response: ServerResponse,
  callback: (answer: string | Uint8Array) => void,
): void {
  let isDone = false;
  const done = (answer: unknown) => {
    if (!isDone) {
      isDone = true;
      callback(typeof answer === 'string' || answer instanceof Uint8Array ? answer : '');
    }
  };
  const end = response.end.bind(response);
  response.end = ((...args: Parameters<typeof end>) => {
    done(args[0]);
    return end(...args);
  }) as typeof end;
  onFinished(request, response, () => done(''));
}
