export { IdentityPort } from './access/identity.port.js';
export { BirdsongModule } from './birdsong.module.js';
export {
  Birdsong,
  type History,
  type HistoryOptions,
  type StreamOptions,
} from './birdsong.service.js';
export type { BrokerFactory, BrokerOption } from './broker/broker-option.js';
export {
  Broker,
  PAGE_BYTES,
  type Batch,
  type BrokerChannel,
  type ChannelListener,
  type HistoryPage,
  type HistoryQuery,
  type Publication,
  type PublishResult,
  type Subscription,
} from './broker/broker.port.js';
export type { Charge, Rate } from './broker/charge.js';
export { RateBuckets } from './broker/rate-buckets.js';
export { BrokerSettings } from './broker/broker-settings.js';
export { gapBehind, type Gap, type HistoryState } from './broker/gap.js';
export { revise, type Revised } from './broker/revise.js';
export type { Revision, RevisionResult } from './broker/revision.js';
export { OrderedSubscriptions, type Fanout } from './broker/ordered-subscriptions.js';
export {
  BirdsongError,
  type BirdsongErrorOptions,
  type ErrorCode,
  type ExceededRate,
  type FieldError,
  type Problem,
  type UnavailableReason,
} from './errors/birdsong-error.js';
export { ProblemFilter } from './http/problem.filter.js';
export { GapEvent } from './events/gap.event.js';
export { MessageAcceptedEvent } from './events/message-accepted.event.js';
export { ReaderJoinedEvent } from './events/reader-joined.event.js';
export { ReaderLeftEvent } from './events/reader-left.event.js';
export { StreamEndedEvent, type StreamEndReason } from './events/stream-ended.event.js';
export { completeJson, type EncodedMessage, type Message } from './protocol/message.js';
export { formatPosition, isAfter, parsePosition, type Position } from './protocol/position.js';
export { NewBatchEvent, type NewBatch } from './publishing/new-batch.event.js';
export {
  NewMessageEvent,
  type Content,
  type NewMessage,
  type Receipt,
  type SendOptions,
} from './publishing/new-message.event.js';
export type { BirdsongModuleExtras, BirdsongOptions } from './config/birdsong-options.js';
export type {
  RedisAddress,
  RedisCommonOptions,
  RedisCredentials,
  RedisSentinelOptions,
  RedisServers,
} from './config/redis-options.js';
export type { RedisOptions } from './config/redis-settings.js';
export type { ClientLimits } from './channels/client-limits.js';
export { isGranted } from './channels/grants.js';
export type {
  AccessRequest,
  AccessRule,
  AskedChannel,
  Asker,
  BatchAccessRequest,
  BatchAccessRule,
  Grants,
  HistoryLimits,
  Identity,
  IdentitySource,
  PolicyOptions,
  SlowReaderRule,
  UnknownClaims,
} from './channels/policy.js';
export type { FastifyReply, HttpRequest, HttpResponse } from './http/http-request.js';
export type {
  Connection,
  ConnectionFilter,
  Connections,
  EndOptions,
} from './streams/connections.js';
export { Tickets, type IssuedTicket } from './rights/tickets.service.js';
export type { RevocationTarget } from './rights/rights.service.js';
export { Moderation } from './moderation/moderation.service.js';
export { keepEventIds } from './streams/keep-event-ids.js';
export { messagesOnly, type StreamedMessage } from './streams/messages-only.js';
export type { ClosingReason } from './protocol/control-events.js';
