export { BirdsongModule } from './birdsong.module.js';
export type { BirdsongModuleExtras } from './birdsong.module-definition.js';
export {
  Birdsong,
  type History,
  type HistoryOptions,
  type ServeOptions,
} from './birdsong.service.js';
export {
  BirdsongError,
  type BirdsongErrorOptions,
  type ErrorCode,
  type FieldError,
  type Problem,
} from './errors/birdsong.error.js';
export { ProblemFilter } from './errors/problem.filter.js';
export type { Message } from './messages/message.js';
export { NewBatchEvent, type NewBatch } from './messages/new-batch.event.js';
export {
  NewMessageEvent,
  type Content,
  type NewMessage,
  type Receipt,
  type SendOptions,
} from './messages/new-message.event.js';
export type { BirdsongOptions } from './options/birdsong.options.js';
export type {
  RedisAddress,
  RedisCommonOptions,
  RedisCredentials,
  RedisOptions,
  RedisSentinelOptions,
} from './options/redis.options.js';
export type {
  AccessRequest,
  AccessRule,
  HistoryLimits,
  Identity,
  PolicyOptions,
  SlowReaderRule,
} from './policies/policy.js';
export type { HttpRequest } from './streams/stream.request.js';
