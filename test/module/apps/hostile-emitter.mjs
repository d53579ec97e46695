// A host that emits whatever it likes, whenever it likes. Prints what became of each event, as one line of JSON.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import { setImmediate } from 'node:timers/promises';

// As it is built for the tests: the first argument.
const { BirdsongModule, MessageAcceptedEvent, NewBatchEvent, NewMessageEvent } = await import(
  process.argv[2]
);

const outcomes = {};
const names = [NewMessageEvent.NAME, NewBatchEvent.NAME];

function noteOutcome(label, event) {
  event.outcome.then(
    () => (outcomes[label] = 'accepted'),
    ({ code }) => (outcomes[label] = code),
  );
}

function emitUnknown(emitter, label) {
  const event = new NewMessageEvent({ channel: 'no.such', data: 1 });
  noteOutcome(label, event);
  emitter.emit(NewMessageEvent.NAME, event);
}

function emitGarbage(emitter) {
  const cycle = {};
  cycle.self = cycle;
  const throwing = {
    get message() {
      throw new Error('no message for you');
    },
    get batch() {
      throw new Error('no batch for you');
    },
  };
  const contents = [
    undefined,
    null,
    0,
    'no channel',
    [],
    {},
    cycle,
    throwing,
    new Proxy({}, throwing),
  ];
  const messages = contents.map((message) => ({ message, batch: message }));
  const fields = contents.map((channel) => ({ channel, data: channel, messages: channel }));
  for (const name of names) {
    emitter.emit(name);
    for (const event of [...contents, ...messages, Object.freeze({})]) emitter.emit(name, event);
    for (const field of fields) {
      emitter.emit(name, { message: field, batch: field });
      emitter.emit(name, { message: { ...field, channel: 'open.a', type: field }, batch: {} });
    }
    for (const message of [...contents, ...fields]) {
      const event = new (name === names[0] ? NewMessageEvent : NewBatchEvent)(message);
      emitter.emit(name, Object.freeze(event));
      emitter.emit(name, event);
    }
  }
}

class Early {
  static inject = [EventEmitter2];
  constructor(emitter) {
    this.emitter = emitter;
    emitUnknown(emitter, 'in a constructor');
  }
  onModuleInit() {
    emitUnknown(this.emitter, 'onModuleInit');
    emitGarbage(this.emitter);
  }
  onApplicationBootstrap() {
    emitUnknown(this.emitter, 'onApplicationBootstrap');
  }
  onApplicationShutdown() {
    emitUnknown(this.emitter, 'onApplicationShutdown');
  }
}
Reflect.defineMetadata('design:paramtypes', [EventEmitter2], Early);

function AppModule() {}
Module({
  imports: [
    EventEmitterModule.forRoot(),
    BirdsongModule.forRoot({ channels: { 'open.*': { publish: 'anyone' } } }),
  ],
  providers: [Early],
})(AppModule);

const app = await NestFactory.create(AppModule);
await app.listen(0, '127.0.0.1');
const emitter = app.get(EventEmitter2);
emitUnknown(emitter, 'running');
emitGarbage(emitter);
emitter.on(MessageAcceptedEvent.NAME, () => Promise.reject(new Error('a listener rejects')));
emitter.on(MessageAcceptedEvent.NAME, () => Promise.reject(undefined));
emitter.on(MessageAcceptedEvent.NAME, () => {
  throw new Error('a listener throws');
});
const again = new NewMessageEvent({ channel: 'open.a', data: 1 });
noteOutcome('accepted', again);
emitter.emit(NewMessageEvent.NAME, again);
await setImmediate();
await app.close();
emitUnknown(emitter, 'closed');
emitGarbage(emitter);
const late = new NewMessageEvent({ channel: 'open.a', data: 1 });
noteOutcome('closed, known channel', late);
emitter.emit(NewMessageEvent.NAME, late);
await setImmediate();
await setImmediate();
process.stdout.write(`${JSON.stringify({ outcomes })}\n`);
