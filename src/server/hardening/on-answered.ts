import type { IncomingMessage, ServerResponse } from 'node:http';
import { onFinished } from '../../http/on-finished.js';

/**
 * Acts once, when the handler has given its answer, or nobody waits for one any more. The answer itself may take
 * longer to leave: for as long as its client does not read it, or behind another one.
 * @param act is given the body, or an empty one
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
