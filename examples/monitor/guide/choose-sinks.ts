import type { AlertSink } from '@sallyport/monitor'
import {
  callbackSink,
  cloudEventsSink,
  fileSink,
  ocsfSink,
  type OtelLogger,
  otelSink,
  pagerDutySink,
  slackSink,
  syslogSink,
  webhookSink,
} from '@sallyport/monitor/sinks'

/** One of each kind. */
export const chooseSinks = (
  secrets: { readonly slackUrl: string; readonly pagerDutyKey: string; readonly webhook: string },
  logger: OtelLogger,
): readonly AlertSink[] => [
  slackSink({ url: secrets.slackUrl }),
  pagerDutySink({ routingKey: secrets.pagerDutyKey }),
  webhookSink({ url: 'https://alerts.example/sallyport', secrets: [secrets.webhook] }),
  cloudEventsSink({ url: 'https://broker.example/default', mode: 'binary' }),
  ocsfSink({ url: 'https://siem.example/ocsf', headers: { authorization: 'Bearer …' } }),
  syslogSink({ host: 'syslog.example', format: 'cef' }),
  otelSink({ logger }),
  fileSink({ path: 'all-alerts.ndjson' }),
  callbackSink('console', ({ severity, title }) => console.log(severity, title)),
]

/** For `delivery`: Slack takes one message a second; what is beyond is summed up. */
export const delivery = { maxPerMinute: { slack: 20, pagerduty: 60 } }
