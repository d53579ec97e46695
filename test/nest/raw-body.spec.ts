import { afterEach, describe, expect, test } from '@jest/globals';
import { request } from '../harness/http-client.js';
import { NestApp } from '../harness/nest-app.js';
import { ADAPTERS, birdsong } from './adapters.js';
import { NOT_UTF8 } from '../harness/not-utf8.js';

describe.each(ADAPTERS)('with rawBody, on $name', ({ create }) => {
  let host: NestApp;

  afterEach(() => host.close());

  test('a body that is not UTF-8 is refused and changes nothing', async () => {
    host = await NestApp.start({ imports: [birdsong()] }, undefined, create(), { rawBody: true });
    const url = `${host.url}/channels/open.raw/messages`;
    const headers = { 'Content-Type': 'application/json' };
    for (const body of NOT_UTF8) {
      const answer = await request(url, { method: 'POST', headers, body });
      expect([answer.status, answer.json()]).toEqual([
        400,
        expect.objectContaining({ code: 'invalid-json', detail: 'The body is not UTF-8.' }),
      ]);
    }
    const honest = await request(url, { json: { data: 'Müller \ufffd' } });
    expect(honest.status).toBe(201);

    const { messages } = (await request(url)).json() as { messages: { data: unknown }[] };
    expect(messages.map(({ data }) => data)).toEqual(['Müller \ufffd']);
  });
});
