import { nowUs } from './clock.js';

/** The payload of every message: 110 bytes as JSON by default, whatever its number and time. */
export interface Payload {
  readonly text: string;
  /** When it was published, in microseconds on the monotonic clock. */
  readonly at: string;
  /** Its number on this server, from 1. */
  readonly seq: string;
}

export const PAYLOAD_BYTES = 110;
export const AT_DIGITS = 16;
export const SEQ_DIGITS = 10;

/** The text right before the digits of `at`, and the text between them and those of `seq`. */
export const AT_MARK = '"at":"';
export const SEQ_MARK = '","seq":"';

const withoutText = JSON.stringify({
  text: '',
  at: '0'.repeat(AT_DIGITS),
  seq: '0'.repeat(SEQ_DIGITS),
});
const usualText = 'x'.repeat(PAYLOAD_BYTES - withoutText.length);

/** @param text what makes it larger or smaller than usual */
export function createPayload(seq: number, text = usualText): Payload {
  return {
    text,
    at: String(Math.floor(nowUs())).padStart(AT_DIGITS, '0'),
    seq: String(seq).padStart(SEQ_DIGITS, '0'),
  };
}
