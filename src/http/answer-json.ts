import { takeOver, type HttpResponse } from './http-request.js';

/**
 * Answers with JSON, whatever interceptors of the app would make of it: what Birdsong's own routes answer is a
 * protocol, and an envelope around it would break its clients.
 * @param json as text, or what is to be written as JSON
 */
export function answerJson(response: HttpResponse, status: number, json: string | object): void {
  const text = typeof json === 'string' ? json : JSON.stringify(json);
  const raw = takeOver(response);
  raw.statusCode = status;
  raw.setHeader('Content-Type', 'application/json; charset=utf-8');
  raw.setHeader('Cache-Control', 'no-store');
  raw.end(text);
}
