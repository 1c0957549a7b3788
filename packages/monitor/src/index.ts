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
export type { AlertSink, SendOptions } from './ports/alert-sink.ts'
export type { Delivery, EventFormat, ReadDelivery, ReadOptions, RefusedEntry } from './ports/event-format.ts'
