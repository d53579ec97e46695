import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

const app = await NestFactory.create(AppModule);
// So that a stop ends the open event streams, whose readers then come back to the next process.
app.enableShutdownHooks();
await app.listen(process.env.PORT ?? 3000);
Logger.log(`The shop is open at ${await app.getUrl()}`, 'Shop');
