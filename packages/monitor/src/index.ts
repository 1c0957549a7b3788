export type { Alert, AlertKind, AlertSeverity } from './alert/alert.ts'
export type { Explanation, ExplanationKind, Judgement } from './alert/explanation.ts'
export { MonitorError, type MonitorErrorCode, type MonitorErrorOptions } from './errors.ts'
export type { EventAction, EventActor, RegistryEvent } from './event/registry-event.ts'
export { createOutbox } from './outbox/create-outbox.ts'
export { enqueueAlerts, type EnqueueOptions } from './outbox/enqueue-alerts.ts'
export type {
  DeadLetter,
  DeadLetterChoice,
  DeadLetterOptions,
  Outbox,
  OutboxQueue,
  OutboxStep,
} from './outbox/outbox.ts'
export type { OutboxFailure, OutboxOptions } from './outbox/outbox-options.ts'
export { outboxSchema } from './outbox/outbox-schema.ts'
export type { Finding, Settlement } from './judge/finding.ts'
export type { FindRetirement } from './judge/judge-context.ts'
export type { PromotionWindow, ReadJournal } from './judge/journal-view.ts'
export type { ActorIdentity, WatchTerms } from './judge/watch.ts'
export type { AlertSink, SendOptions } from './ports/alert-sink.ts'
export type { Delivery, EventFormat, ReadDelivery, ReadOptions, RefusedEntry } from './ports/event-format.ts'
export type {
  AlertFilter,
  CommittedBatch,
  JudgedBatch,
  JudgedEvent,
  KnownPart,
  KnownPlace,
  KnownSource,
  KnownTag,
  MonitorState,
  PendingEvent,
  PostponedEvent,
  QueueOf,
  Standing,
  StateCounts,
} from './ports/monitor-state.ts'
export type { ResponseNote, Responses } from './respond/responses.ts'
export {
  createMonitor,
  type Monitor,
  type MonitorRunOptions,
  type MonitorStatus,
  type StepSummary,
} from './run/create-monitor.ts'
export type { ExpectedSource, MonitorOptions, WatchedPlace } from './run/monitor-options.ts'
export type { PollSummary } from './snapshot/poll.ts'
export { sqliteMonitorState } from './state/sqlite-monitor-state.ts'
