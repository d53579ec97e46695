import * as contentType from 'content-type';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { WeightedSemaphore } from '../../concurrency/weighted-semaphore.js';
import { UnsentBytes } from '../../delivery/unsent-bytes.js';
import { onFinished } from '../../http/on-finished.js';
import { BirdsongError } from '../../errors/birdsong-error.js';
import { isJsonType, notUtf8 } from '../../http/json-body.guard.js';
import type { Environment } from '../environment.js';
import { onAnswered } from './on-answered.js';

/** The most bytes of a body in addition to its data. */
const ENVELOPE_BYTES = 1024;

/**
 * The most bytes of bodies that exist as parsed objects at the same time, until they are answered: each byte may take
 * 25 as objects. Batches have a semaphore of their own, so that they do not delay messages.
 */
const MAX_PARSED_BYTES = 2 * 1024 * 1024;

/** How long a body may wait for its turn. */
const MAX_WAIT_MS = 1000;

interface RequestWithBody extends IncomingMessage {
  body?: unknown;
}

/** Reads JSON bodies. They wait as bytes, outside V8's heap, until it is their turn to be parsed. */
export function readJson(
  app: NestExpressApplication,
  { MAX_BATCH_BYTES, options: { maxMessageBytes } }: Environment,
): void {
  // Compressed bodies are refused: a few bytes could inflate to the limit, on every connection.
  app.useBodyParser('raw', {
    limit: MAX_BATCH_BYTES,
    inflate: false,
    type: (request) => hasJsonBody(request) && isBatch(request),
  });
  app.useBodyParser('raw', {
    limit: maxMessageBytes + ENVELOPE_BYTES,
    inflate: false,
    type: (request) => hasJsonBody(request) && !isBatch(request),
  });
  const unsent = app.get(UnsentBytes);
  const refusal = 'This node has reached its limit of messages in progress.';
  const messageSemaphore = new WeightedSemaphore(MAX_PARSED_BYTES, refusal);
  const batchSemaphore = new WeightedSemaphore(MAX_PARSED_BYTES, refusal);
  app.use((request: RequestWithBody, response: ServerResponse, next: (error?: unknown) => void) => {
    const { body: bytes } = request;
    if (!Buffer.isBuffer(bytes)) {
      next();
      return;
    }
    const semaphore = isBatch(request) ? batchSemaphore : messageSemaphore;
    const begin = () => {
      // Released in another turn of the event loop, so that not all waiting bodies are parsed in one.
      onAnswered(request, response, (answer) => {
        setImmediate(() => semaphore.release(bytes.length));
        unsent.add(request, request, Buffer.byteLength(answer));
        onFinished(request, response, () => unsent.release(request));
      });
      const { error, value } = parse(request, bytes);
      request.body = value;
      next(error);
    };
    const waiting = semaphore.acquire(bytes.length, MAX_WAIT_MS);
    if (waiting) {
      waiting.then(begin, next);
    } else {
      begin();
    }
  });
}

function parse({ headers }: IncomingMessage, bytes: Buffer): { value?: unknown; error?: unknown } {
  const { charset = 'utf-8' } = contentType.parse(headers['content-type'] ?? '').parameters;
  // RFC 8259 §8.1 allows no other.
  if (!/^utf-?8$/i.test(charset)) {
    return { error: new BirdsongError('unsupported-media-type', 'The charset must be UTF-8.') };
  }
  // What is acknowledged must be what was sent: a decoder would put U+FFFD in place of other bytes.
  if (!isUtf8(bytes)) {
    return { error: notUtf8() };
  }
  try {
    return { value: JSON.parse(decoder.decode(bytes)) };
  } catch {
    return { error: new BirdsongError('invalid-json', 'The body is not JSON.') };
  }
}

const decoder = new TextDecoder();

/** The methods of the routes that take a body. */
const METHODS_WITH_BODY = ['POST', 'PUT'];

/** Whether the request's body will be read. */
export function hasJsonBody({ method = '', headers }: IncomingMessage): boolean {
  return METHODS_WITH_BODY.includes(method) && isJsonType(headers['content-type']);
}

const isBatch = ({ url = '' }: IncomingMessage): boolean =>
  /\/messages\/batch\/?(?:\?|$)/.test(url);
