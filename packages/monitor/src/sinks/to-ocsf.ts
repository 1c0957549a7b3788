import type { Alert, AlertSeverity } from '../alert/alert.ts'
import type { EventActor, RegistryEvent } from '../event/registry-event.ts'
import { packageVersion } from '../package-version.ts'
import { ipOf, placeOf } from './describe-alert.ts'
import { fitAlert, messageIdOf } from './fit-alert.ts'

/** Who did it, as OCSF writes it. */
export interface OcsfActor {
  /** Who it was, as the registry told. */
  readonly user: {
    readonly name: string
    /** User 1, System 3, Service 4, Unknown 0. */
    readonly type_id: 0 | 1 | 3 | 4
    readonly type: string
  }
}

/** One event as evidence: what was called, by whom, from where. */
export interface OcsfEvidence {
  /** Id of the event. */
  readonly uid: string
  /** What was done. */
  readonly api: {
    readonly operation: string
    readonly service: { readonly name: string }
    readonly request?: { readonly uid: string } | undefined
  }
  /** Who did it; absent where nobody told. */
  readonly actor?: OcsfActor | undefined
  /** Where from, as it was told. */
  readonly src_endpoint?: { readonly ip: string } | undefined
  /** The event as it was told. */
  readonly data: RegistryEvent
}

/** A Detection Finding (2004) of the Open Cybersecurity Schema Framework 1.3. */
export interface OcsfDetectionFinding {
  /** 1: a finding was made; 2: it has become worse; 3: it was closed. */
  readonly activity_id: 1 | 2 | 3
  /** Of `activity_id`. */
  readonly activity_name: 'Create' | 'Update' | 'Close'
  /** Findings. */
  readonly category_uid: 2
  /** Of `category_uid`. */
  readonly category_name: 'Findings'
  /** Detection Finding. */
  readonly class_uid: 2004
  /** Of `class_uid`. */
  readonly class_name: 'Detection Finding'
  /** Class and activity in one number. */
  readonly type_uid: 200401 | 200402 | 200403
  /** Of `type_uid`. */
  readonly type_name: 'Detection Finding: Create' | 'Detection Finding: Update' | 'Detection Finding: Close'
  /** From low, 2, to critical, 5. */
  readonly severity_id: 2 | 3 | 4 | 5
  /** Of `severity_id`. */
  readonly severity: 'Low' | 'Medium' | 'High' | 'Critical'
  /** 1: new; 4: resolved. */
  readonly status_id: 1 | 4
  /** Of `status_id`. */
  readonly status: 'New' | 'Resolved'
  /** In milliseconds since 1970. */
  readonly time: number
  /** The alert in one sentence. */
  readonly message: string
  /** Events that led to it. */
  readonly count: number
  /** Version of the schema, and who writes it. */
  readonly metadata: {
    readonly version: '1.3.0'
    readonly uid: string
    readonly correlation_uid: string
    readonly product: { readonly name: string; readonly vendor_name: string; readonly version: string }
  }
  /** The alert itself. */
  readonly finding_info: {
    /** Id of the alert; on what takes one back, that of the alert that it takes back. */
    readonly uid: string
    readonly title: string
    readonly desc: string
    readonly types: readonly string[]
    readonly created_time: number
    readonly first_seen_time?: number | undefined
    readonly last_seen_time?: number | undefined
  }
  /** What it is about. */
  readonly resources: readonly {
    readonly uid: string
    readonly name: string
    readonly type: string
  }[]
  /** Events that led to it. */
  readonly evidences: readonly OcsfEvidence[]
  /** What to do. */
  readonly remediation: { readonly desc: string }
  /** What the schema has no place for. */
  readonly unmapped: {
    readonly expected: string
    readonly odd: readonly string[]
    readonly previous_digest?: string | undefined
    readonly user_agent?: string | undefined
  }
}

const severities = {
  critical: [5, 'Critical'],
  high: [4, 'High'],
  medium: [3, 'Medium'],
  low: [2, 'Low'],
} as const satisfies Readonly<Record<AlertSeverity, readonly [number, string]>>

const created = {
  activity_id: 1,
  activity_name: 'Create',
  type_uid: 200401,
  type_name: 'Detection Finding: Create',
} as const
const updated = {
  activity_id: 2,
  activity_name: 'Update',
  type_uid: 200402,
  type_name: 'Detection Finding: Update',
} as const

/** Writes an alert as a Detection Finding of OCSF 1.3, each of its events as evidence. */
export function toOcsf(alert: Alert): OcsfDetectionFinding {
  const fitted = fitAlert(alert)
  const { id, at, kind, severity, title, expected, odd, action, events, actor, resolves } = fitted
  const [severityId, severityName] = severities[severity]
  const time = Date.parse(at)
  const times = events.map((event) => Date.parse(event.time)).filter((each) => !Number.isNaN(each))
  const place = placeOf(fitted)
  return {
    ...(resolves === undefined
      ? ({ ...(fitted.revision === undefined ? created : updated), status_id: 1, status: 'New' } as const)
      : ({
          activity_id: 3,
          activity_name: 'Close',
          type_uid: 200403,
          type_name: 'Detection Finding: Close',
          status_id: 4,
          status: 'Resolved',
        } as const)),
    category_uid: 2,
    category_name: 'Findings',
    class_uid: 2004,
    class_name: 'Detection Finding',
    severity_id: severityId,
    severity: severityName,
    time,
    message: title,
    count: fitted.occurrences,
    metadata: {
      version: '1.3.0',
      uid: messageIdOf(fitted),
      correlation_uid: fitted.group,
      product: { name: 'Sallyport monitor', vendor_name: 'Sallyport', version: packageVersion },
    },
    finding_info: {
      uid: resolves ?? id,
      title,
      desc: [`Expected: ${expected}`, ...odd].join('\n'),
      types: [kind],
      created_time: time,
      ...(times.length > 0 && {
        first_seen_time: Math.min(...times),
        last_seen_time: Math.max(...times),
      }),
    },
    resources: [{ uid: fitted.digest ?? place, name: place, type: 'container image' }],
    evidences: events.map(toEvidence),
    remediation: { desc: action },
    unmapped: {
      expected,
      odd,
      ...(fitted.previousDigest !== undefined && { previous_digest: fitted.previousDigest }),
      ...(actor.userAgent !== undefined && { user_agent: actor.userAgent }),
    },
  }
}

function toEvidence(event: RegistryEvent): OcsfEvidence {
  const { id, action, registry, requestId, actor } = event
  const ip = ipOf(actor.address)
  return {
    uid: id,
    api: {
      operation: action,
      service: { name: registry },
      ...(requestId !== undefined && { request: { uid: requestId } }),
    },
    ...(actor.name !== undefined && { actor: toActor(actor.name, actor.kind) }),
    ...(ip !== undefined && { src_endpoint: { ip } }),
    data: event,
  }
}

const userTypes = { user: 1, robot: 4, system: 3, anonymous: 0, unknown: 0 } as const

function toActor(name: string, kind: EventActor['kind']): OcsfActor {
  return { user: { name, type_id: userTypes[kind], type: kind } }
}
