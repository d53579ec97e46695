import { takeOver, type HttpResponse } from './http-request.js';

/**
 * Answers with JSON, bypassing the app's interceptors: the answers of Birdsong's own routes are a protocol, and an
 * envelope around them would break clients.
 * @param json JSON text, or an object to encode
 */
export function answerJson(response: HttpResponse, status: number, json: string | object): void {
  const text = typeof json === 'string' ? json : JSON.stringify(json);
  const raw = takeOver(response);
  raw.statusCode = status;
  raw.setHeader('Content-Type', 'application/json; charset=utf-8');
  raw.setHeader('Cache-Control', 'no-store');
  raw.end(text);
}

/** Answers with 204 and nothing else, likewise. */
export function answerEmpty(response: HttpResponse): void {
  const raw = takeOver(response);
  raw.statusCode = 204;
  raw.end();
}
