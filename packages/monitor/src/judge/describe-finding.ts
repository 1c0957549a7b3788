import type { Digest } from '@sallyport/core'
import type { AlertKind, AlertSeverity } from '../alert/alert.ts'
import type { RegistryEvent } from '../event/registry-event.ts'
import type { Finding } from './finding.ts'

const severityOf: Readonly<Record<AlertKind, AlertSeverity>> = {
  'unauthorised-push': 'critical',
  'evidence-deleted': 'high',
  'wrong-hand': 'high',
  rollback: 'high',
  unjournaled: 'medium',
  'tag-deleted': 'high',
  'manifest-deleted': 'high',
  'repository-deleted': 'critical',
  'permission-changed': 'medium',
  unjudged: 'high',
  gap: 'low',
}
const texts: Readonly<
  Record<AlertKind, { readonly what: string; readonly expected: string; readonly action: string }>
> = {
  'unauthorised-push': {
    what: 'a push that no promotion explains',
    expected: 'a promotion in the journal, and a valid decision of the gate about what was pushed',
    action:
      'keep it from being deployed, find out whose credentials were used, and promote through the gate what belongs there',
  },
  'evidence-deleted': {
    what: 'what was promoted has lost evidence, or it does not verify any more',
    expected: 'all evidence that the gate attached',
    action: 'find out who removed it, and promote the image again to restore it',
  },
  'wrong-hand': {
    what: 'the right bytes, pushed by somebody who is not the gate',
    expected: 'a push by an identity of the gate',
    action: 'take away the right to push here from whoever it was; credentials may be shared or stolen',
  },
  rollback: {
    what: 'the tag was moved to an older digest that had been promoted there',
    expected: 'the digest of the latest promotion, or a rollback by the gate',
    action:
      'find out who moved it; roll back through the gate if it is meant, else promote the newer one again',
  },
  unjournaled: {
    what: 'evidence is valid, and no promotion is known that put it there',
    expected: 'a promotion to this tag in the journal',
    action: 'find out whether a gate with another journal, or somebody who copied or retagged, did it',
  },
  'tag-deleted': {
    what: 'a tag was deleted',
    expected: 'the tag as it was promoted',
    action: 'find out who deleted it, and promote again if it was not meant',
  },
  'manifest-deleted': {
    what: 'a manifest was deleted that had been promoted',
    expected: 'the manifest and its tags',
    action: 'find out who deleted it, and promote again if it was not meant',
  },
  'repository-deleted': {
    what: 'a watched repository was deleted',
    expected: 'the repository with what was promoted to it',
    action: 'find out who deleted it, and promote again what belongs there',
  },
  'permission-changed': {
    what: 'permissions of a watched repository were changed',
    expected: 'permissions as they were',
    action: 'check who may push there now, and whether that is meant',
  },
  unjudged: {
    what: 'a change could not be judged',
    expected: 'a registry that can be read',
    action: 'see to it that the monitor can read the registry; it goes on trying',
  },
  gap: {
    what: 'events are missing',
    expected: 'all events of the registry',
    action: 'check the source; what the registry holds was compared instead',
  },
}

/** What is particular about a {@link Finding}. */
export interface FindingParts {
  readonly incident: string
  readonly epoch?: string | undefined
  readonly tag?: string | undefined
  readonly digest?: Digest | undefined
  readonly previousDigest?: Digest | undefined
  readonly odd: readonly string[]
  readonly severity?: AlertSeverity | undefined
  /** Joins the alert of the incident as it is, when there is one. */
  readonly isPart?: boolean | undefined
  /** ISO 8601, as of the finding. */
  readonly until?: string | undefined
  /** ISO 8601, as of the finding. */
  readonly after?: string | undefined
}

/** Writes a finding about an event. */
export function describeFinding(
  kind: AlertKind,
  { registry, repository }: Pick<RegistryEvent, 'registry' | 'repository'>,
  {
    incident,
    epoch = '',
    tag,
    digest,
    previousDigest,
    odd,
    severity = severityOf[kind],
    isPart,
    until,
    after,
  }: FindingParts,
): Finding {
  const { what, expected, action } = texts[kind]
  const name = `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}`
  const place = tag === undefined && digest !== undefined ? `${name}@${digest}` : name
  return {
    kind,
    severity,
    incident,
    epoch,
    registry,
    repository,
    tag,
    digest,
    previousDigest,
    title: `${place}: ${what}`,
    expected,
    odd: odd.map(toPlain),
    action,
    ...(isPart && { isPart }),
    ...(until !== undefined && { until }),
    ...(after !== undefined && { after }),
  }
}

/** Names and messages hold what whoever pushed has chosen. */
function toPlain(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/\p{Cc}/gu, '\u{fffd}')
    .slice(0, 1024)
}
