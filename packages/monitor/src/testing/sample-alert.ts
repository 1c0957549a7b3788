import { digestOf } from '@sallyport/core'
import type { Alert } from '../alert/alert.ts'
import type { RegistryEvent } from '../event/registry-event.ts'

/** Names as an attacker chooses them. */
export const hostileText =
  'a|b\\c=d <!channel> <http://evil.example|ok> *b* _i_ `x` & "q"\r\n<34>1 - fake\u0000\u001b[31m\u202egnp\u2028\ud800 é😀'

/** An event of a push. */
export function sampleEvent(fields: Partial<RegistryEvent> = {}): RegistryEvent {
  return {
    id: 'harbor:1',
    source: 'harbor',
    time: '2026-11-26T11:59:58.000Z',
    action: 'push',
    actor: { name: 'alice', kind: 'user', address: '10.0.0.7:5512', userAgent: 'crane/0.20' },
    registry: 'prod.example',
    repository: 'team/app',
    tag: '1.4',
    digest: digestOf('image'),
    requestId: 'request-1',
    ...fields,
  }
}

/** An alert about a push. */
export function sampleAlert(fields: Partial<Alert> = {}): Alert {
  const event = sampleEvent()
  return {
    id: 'alert-1',
    group: 'prod.example/team/app unauthorised-push',
    kind: 'unauthorised-push',
    severity: 'critical',
    at: '2026-11-26T12:00:00.000Z',
    title: 'Nothing explains what alice pushed to prod.example/team/app:1.4',
    registry: event.registry,
    repository: event.repository,
    tag: '1.4',
    digest: digestOf('image'),
    previousDigest: digestOf('before'),
    actor: event.actor,
    expected: 'A promotion of the gate.',
    odd: ['No promotion in the journal.', 'The actor is not the gate.'],
    action: 'Find out who pushed it, and promote it or move the tag back.',
    events: [event],
    occurrences: 1,
    ...fields,
  }
}

/** The same with a hostile text wherever one can come from outside. */
export function hostileAlert(text = hostileText): Alert {
  const actor = { name: text, kind: 'robot', address: text, userAgent: text } as const
  const event = sampleEvent({ id: text, repository: text, tag: text, actor, requestId: text, rawId: text })
  return sampleAlert({
    id: text,
    group: text,
    title: text,
    registry: text,
    repository: text,
    tag: text,
    actor,
    expected: text,
    odd: Array.from({ length: 30 }, () => text),
    action: text,
    events: Array.from({ length: 20 }, () => event),
  })
}
