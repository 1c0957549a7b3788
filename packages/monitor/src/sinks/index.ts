export { callbackSink } from './callback-sink.ts'
export { type CloudEventMode, cloudEventsSink, type CloudEventsSinkOptions } from './cloud-events-sink.ts'
export { fileSink, type FileSinkOptions } from './file-sink.ts'
export type { HttpSinkOptions, SinkHeaders } from './http-sink-options.ts'
export { ocsfSink, type OcsfSinkOptions } from './ocsf-sink.ts'
export { type OtelLogger, otelSink, type OtelSinkOptions } from './otel-sink.ts'
export { pagerDutySink, type PagerDutySinkOptions } from './pagerduty-sink.ts'
export type { ConnectionTls } from './send-bytes.ts'
export { slackSink, type SlackSinkOptions } from './slack-sink.ts'
export { syslogSink, type SyslogSinkOptions } from './syslog-sink.ts'
export { toCef } from './to-cef.ts'
export { type CloudEvent, toCloudEvent } from './to-cloud-event.ts'
export { type OcsfActor, type OcsfDetectionFinding, type OcsfEvidence, toOcsf } from './to-ocsf.ts'
export { type OtelLogRecord, toOtelLog } from './to-otel-log.ts'
export { type PagerDutyEvent, toPagerDutyEvent } from './to-pagerduty-event.ts'
export { type SlackBlock, type SlackMessage, type SlackText, toSlackBlocks } from './to-slack-blocks.ts'
export { type SyslogOrigin, toSyslogMessage } from './to-syslog-message.ts'
export { webhookSink, type WebhookSinkOptions } from './webhook-sink.ts'
export {
  signWebhook,
  type SignWebhookOptions,
  verifyWebhook,
  type VerifyWebhookOptions,
  type WebhookSignatureHeaders,
} from './webhook-signature.ts'
