export { BirdsongModule } from './birdsong.module.js';
export type { BirdsongModuleExtras } from './birdsong.module-definition.js';
export {
  Birdsong,
  type History,
  type HistoryOptions,
  type StreamOptions,
} from './birdsong.service.js';
export {
  BirdsongError,
  type BirdsongErrorOptions,
  type ErrorCode,
  type FieldError,
  type Problem,
} from './errors/birdsong.error.js';
export { ProblemFilter } from './http/problem.filter.js';
export type { Message } from './protocol/message.js';
export { NewBatchEvent, type NewBatch } from './publishing/new-batch.event.js';
export {
  NewMessageEvent,
  type Content,
  type NewMessage,
  type Receipt,
  type SendOptions,
} from './publishing/new-message.event.js';
export type { BirdsongOptions } from './config/birdsong.options.js';
export type {
  RedisAddress,
  RedisCommonOptions,
  RedisCredentials,
  RedisOptions,
  RedisSentinelOptions,
} from './config/redis.options.js';
export type {
  AccessRequest,
  AccessRule,
  HistoryLimits,
  Identity,
  PolicyOptions,
  SlowReaderRule,
} from './channels/policy.js';
export type { FastifyReply, HttpRequest, HttpResponse } from './http/http-request.js';
export type {
  Connection,
  ConnectionFilter,
  Connections,
  EndOptions,
} from './streams/connections.js';
export { keepEventIds } from './streams/keep-event-ids.js';
export type { ClosingReason } from './protocol/control-events.js';
