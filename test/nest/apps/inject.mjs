// A Fastify app that is asked by `inject()` alone: Jest cannot load what it needs. Prints what it answered, as JSON.
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';

// The first argument is the package as built for the tests.
const { BirdsongModule } = await import(process.argv[2]);

async function readUntil(stream, wanted) {
  let text = '';
  for await (const chunk of stream) {
    text += chunk.toString();
    if (text.includes(wanted)) {
      return;
    }
  }
}

async function answersIn(lane) {
  const channels = { 'open.*': { publish: 'anyone', subscribe: 'anyone' } };
  const app = await NestFactory.create(
    BirdsongModule.forRoot({ lane, channels }),
    new FastifyAdapter(),
    { logger: false },
  );
  await app.init();
  const url = '/channels/open.1/messages';
  const sent = await app.inject({ method: 'POST', url, payload: { data: 'injected' } });
  const history = await app.inject(url);
  const events = '/channels/open.1/events?history=1';
  const stream = await app.inject({ url: events, payloadAsStream: true });
  await readUntil(stream.stream(), '"injected"');
  await app.close();
  return {
    sent: sent.statusCode,
    history: history.json().messages.map(({ data }) => data),
    stream: [stream.statusCode, stream.headers['content-type']],
  };
}

const answers = { fast: await answersIn('fast'), observable: await answersIn('observable') };
console.log(JSON.stringify({ answers }));
