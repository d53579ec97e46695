import { afterAll, afterEach, beforeAll, describe, expect, it, test } from '@jest/globals';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { BirdsongNode } from '../harness/birdsong-node.js';
import { defaultDeadlineMs, withDeadline } from '../harness/deadline.js';
import { request } from '../harness/http-client.js';
import { NOT_UTF8 } from '../harness/not-utf8.js';

const BATCH_BYTES = 256 * 1024;
/** How many bodies may be held at the same time. */
const BODY_COUNT = 8;
const BODY = JSON.stringify({ messages: Array(5).fill({ data: 'x'.repeat(50_000) }) });
const BATCH_PATH = '/channels/public.bodies/messages/batch';

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const post = (body: string) =>
  `POST ${BATCH_PATH} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n` +
  `Content-Length: ${body.length}\r\n\r\n${body}`;
/** As much as there is room for. */
const LARGE = 'x'.repeat(BODY_COUNT * BATCH_BYTES);
/** Enough rounds that everything written has been read in one of them. */
const ROUNDS = 30;

describe('The server, reading bodies,', () => {
  let node: BirdsongNode;
  const sockets: Socket[] = [];

  beforeAll(async () => {
    node = await BirdsongNode.start({ env: { MAX_BATCH_BYTES: String(BATCH_BYTES) } });
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });
  afterAll(() => node.stop());

  /** Sends a batch without its last character. */
  async function sendMost(length = BATCH_BYTES): Promise<Socket> {
    const socket = connect(node.port, '127.0.0.1').on('error', () => undefined);
    sockets.push(socket);
    await once(socket, 'connect');
    socket.write(
      `POST ${BATCH_PATH} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n` +
        `Connection: close\r\nContent-Length: ${length}\r\n\r\n${BODY.slice(0, -1).padEnd(length - 1)}`,
    );
    return socket;
  }

  /** Everything answered until the connection ended; empty if it was cut off. */
  async function answerOf(socket: Socket): Promise<string> {
    let text = '';
    socket.on('data', (part) => (text += String(part)));
    if (!socket.destroyed) {
      await withDeadline(once(socket, 'close'), defaultDeadlineMs, () => `not closed: ${text}`);
    }
    return text;
  }

  it('cuts off those that have been arriving the longest, and no more than necessary', async () => {
    const slow: Socket[] = [];
    for (let count = 0; count <= BODY_COUNT; count++) slow.push(await sendMost());
    const closed = slow.map((socket) => once(socket, 'close'));
    await withDeadline(Promise.any(closed), defaultDeadlineMs, () => 'none was cut off');

    const quick = await request(`${node.url}${BATCH_PATH}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: BODY,
    });
    const answers = slow.map(answerOf);
    for (const socket of slow) socket.write('}');
    const statuses = (await Promise.all(answers)).map((text) => text.slice(9, 12));

    expect(quick.status).toBe(201);
    expect(statuses.filter((status) => status === '201')).toHaveLength(BODY_COUNT - 1);
    expect(statuses.filter((status) => status === '')).toHaveLength(2);
  });

  it.each([
    [
      'the unread body of a stream request',
      `GET /channels/public.bodies/events HTTP/1.1\r\nHost: a\r\nContent-Length: ${LARGE.length}\r\n\r\n${LARGE}`,
    ],
    [
      'batches behind a stream',
      get('/channels/public.bodies/events') + post(BODY.padEnd(BATCH_BYTES)).repeat(BODY_COUNT),
    ],
  ])('takes messages and batches beside %s', async (_, text) => {
    const socket = connect(node.port, '127.0.0.1').on('error', () => undefined);
    sockets.push(socket);
    await once(socket, 'connect');
    socket.pause();
    await new Promise<void>((resolve) => socket.write(text, () => resolve()));

    for (let round = 0; round < ROUNDS; round++) {
      const one = await request(`${node.url}/channels/public.bodies/messages`, {
        json: { data: 1 },
      });
      const many = await request(`${node.url}${BATCH_PATH}`, { json: JSON.parse(BODY) as unknown });
      expect([one.status, many.status]).toEqual([201, 201]);
    }
  });

  test.each([
    ['{"data":1}', 'application/json', 201, undefined],
    ['{"data":"ü"}', 'application/json; charset=UTF-8', 201, undefined],
    ['{"data":1}', 'application/json; profile=a; charset="utf-8"', 201, undefined],
    ['{"data":1}', 'application/json; profile="; charset=utf-16"', 201, undefined],
    ['\uFEFF{"data":1}', 'application/json', 201, undefined],
    ['{"data":1}', 'application/json; charset=utf-16', 415, 'unsupported-media-type'],
    ['{"data":1}', 'text/plain', 415, 'unsupported-media-type'],
    ['{"data":1', 'application/json', 400, 'invalid-json'],
    ['', 'application/json', 400, 'invalid-json'],
    ['1', 'application/json', 400, 'invalid-request'],
    ['null', 'application/json', 400, 'invalid-request'],
  ])('of %j as %s answers %i', async (body, type, status, code) => {
    const answer = await request(`${node.url}/channels/public.bodies/messages`, {
      method: 'POST',
      headers: { 'Content-Type': type },
      body,
    });
    const { code: given } = answer.json() as { code?: string };
    expect([answer.status, given]).toEqual([status, code]);
  });

  it('refuses a body that is not UTF-8, and keeps nothing of it', async () => {
    const url = `${node.url}/channels/public.utf8/messages`;
    const headers = { 'Content-Type': 'application/json' };
    for (const body of NOT_UTF8) {
      const answer = await request(url, { method: 'POST', headers, body });
      expect([answer.status, answer.json()]).toEqual([
        400,
        expect.objectContaining({ code: 'invalid-json', detail: 'The body is not UTF-8.' }),
      ]);
    }
    expect((await request(url)).json()).toMatchObject({ messages: [] });
  });

  it('refuses a body longer than a message may be', async () => {
    const url = `${node.url}/channels/public.bodies/messages`;
    const answer = await request(url, { json: { data: 'x'.repeat(70_000) } });
    expect([answer.status, answer.json()]).toEqual([
      413,
      expect.objectContaining({ code: 'message-too-large' }),
    ]);
  });
});
