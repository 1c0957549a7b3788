import {
  type AuditClass,
  auditClasses,
  type AuditProblem,
  type AuditRecord,
  type AuditSummary,
} from '@sallyport/audit'
import { type Digest, digestOf } from '@sallyport/core'

/** An audit and its records. */
export interface SampleAudit {
  readonly summary: AuditSummary
  readonly records: readonly AuditRecord[]
}

const startedAt = '2026-11-25T12:00:00.000Z'
const dayMs = 86_400_000

/** Records of `number` manifests in repositories of 40, in the order of an archive; every fifth is evidence. */
export function sampleAudit(number: number, name?: string): SampleAudit {
  const records = Array.from({ length: number }, (_, index) => recordOf(index, name)).sort(
    (one, other) =>
      compare(one.repository, other.repository) || compare(one.digest ?? '', other.digest ?? ''),
  )
  const classes: Partial<Record<AuditClass, number>> = {}
  for (const { class: each } of records) if (each !== undefined) classes[each] = (classes[each] ?? 0) + 1
  return { summary: summaryOf(records, classes, name), records }
}

/** Records as a stream. */
export async function* streamed(records: readonly AuditRecord[]): AsyncGenerator<AuditRecord> {
  yield* records
}

const compare = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0)

/** Two thirds are compliant, the others spread over the classes. */
const classOf = (index: number): AuditClass =>
  index % 3 !== 0 ? 'compliant' : auditClasses[(index / 3) % auditClasses.length]!

function recordOf(index: number, name?: string): AuditRecord {
  const digest = digestOf(`manifest ${index}`)
  const repository = name ?? `team-${Math.floor(index / 400)}/app-${Math.floor(index / 40)}`
  const base = { registry: 'prod.example', repository, digest, auditedAt: startedAt, problems: [] }
  if (index % 5 === 4) {
    return {
      ...base,
      role: 'evidence',
      tags: [],
      artifactType: name ?? 'application/vnd.dev.sigstore.bundle.v0.3+json',
      parents: [digestOf(`manifest ${index - 1}`)],
      evidence: [],
    }
  }
  const auditClass = classOf(index)
  return {
    ...base,
    role: index % 7 === 0 ? 'index' : 'image',
    tags: [name ?? `1.${index % 40}.0`, ...(index % 40 === 0 ? [name ?? 'latest'] : [])],
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    ...(index % 7 !== 0 && { platform: { os: 'linux', architecture: index % 2 === 0 ? 'amd64' : 'arm64' } }),
    size: 1_000_000 + index,
    ...(index % 11 !== 0 && {
      pushedAt: new Date(Date.parse(startedAt) - (index % 500) * dayMs).toISOString(),
    }),
    class: auditClass,
    problems: problemsOf(auditClass, name),
    evidence: [evidenceOf(digest, auditClass === 'compliant', name)],
    ...(auditClass === 'compliant' && {
      decision: {
        verifier: name ?? 'https://sallyport.dev/gate/prod',
        resourceUri: name ?? `prod.example/${repository}`,
        levels: ['SALLYPORT_PROD'],
        at: startedAt,
      },
    }),
    ...(auditClass === 'would-fail-today' && {
      judgement: {
        verdict: 'fail',
        reasons: [{ code: 'THRESHOLD_EXCEEDED', message: name ?? 'no critical: 2, limit 0' }],
        findings: { critical: 2, high: 5 },
      },
    }),
    deployments:
      index % 12 === 0
        ? [
            {
              cluster: 'eu',
              namespace: name ?? 'shop',
              workload: name ?? `app-${index}`,
              matchedBy: 'manifest',
            },
          ]
        : [],
  }
}

const problemsOf = (auditClass: AuditClass, name?: string): readonly AuditProblem[] =>
  auditClass === 'compliant'
    ? []
    : [{ class: auditClass, message: name ?? `what is wrong: ${auditClass}`, code: name ?? 'SOME_CODE' }]

const evidenceOf = (digest: Digest, verified: boolean, name?: string): AuditRecord['evidence'][number] => ({
  kind: 'signature',
  store: 'bundle',
  manifest: digestOf(`signature of ${digest}`),
  predicateType: name ?? 'https://sigstore.dev/cosign/sign/v1',
  verified,
  signer: {
    kind: 'certificate',
    issuer: name ?? 'https://issuer.example',
    subject: name ?? 'release@example.com',
    claims: {},
  },
  signedAt: startedAt,
  ...(!verified && { reason: name ?? 'identity-mismatch' }),
})

/** The audit of `daysBefore` days before, with as many of each class as `classes` says. */
export function summaryOf(
  records: readonly AuditRecord[],
  classes: AuditSummary['classes'],
  name?: string,
  daysBefore = 0,
): AuditSummary {
  const at = new Date(Date.parse(startedAt) - daysBefore * dayMs).toISOString()
  return {
    schema: 'https://sallyport.dev/schemas/audit/v1',
    id: name ?? `audit-${daysBefore}`,
    registry: name ?? 'prod.example',
    listing: name ?? 'distribution',
    startedAt: at,
    finishedAt: at,
    repositories: {
      audited: new Set(records.map(({ repository }) => repository)).size,
      skipped: 2,
      failed: 1,
      failures: [
        {
          repository: name ?? 'team/locked',
          code: 'DENIED',
          message: name ?? 'the credentials do not reach it',
        },
      ],
    },
    tags: records.reduce((sum, { tags }) => sum + tags.length, 0),
    manifests: records.length,
    roles: { image: records.length },
    classes,
    examined: records.length,
    reused: 0,
    requests: 3 * records.length,
  }
}
