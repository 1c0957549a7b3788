import { type Digest, isDigest } from '@sallyport/core'
import * as z from 'zod'
import { auditClasses } from '../audit-class.ts'
import type { AuditRecord } from '../audit-record.ts'
import type { AuditSummary } from '../audit-report.ts'

const digest = z
  .custom<Digest>(isDigest, 'expected a sha256 or sha512 digest')
  .meta({ type: 'string', pattern: '^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$' })
const instant = z.string().describe('ISO 8601 instant in UTC')
const whole = z.int().nonnegative()
const auditClass = z.enum(auditClasses).meta({ id: 'AuditClass', description: 'Worst first' })
const role = z.enum(['image', 'index', 'platform', 'evidence', 'stray-evidence', 'artifact', 'unread'])

const platform = z.object({
  os: z.string(),
  architecture: z.string(),
  variant: z.string().optional(),
  'os.version': z.string().optional(),
  'os.features': z.array(z.string()).optional(),
})

const signer = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('key'), keyId: z.string() }),
  z.object({
    kind: z.literal('certificate'),
    issuer: z.string(),
    subject: z.string(),
    claims: z.record(z.string(), z.string()),
    validFrom: z.iso
      .datetime()
      .transform((text) => new Date(text))
      .optional(),
  }),
])

const evidence = z.object({
  kind: z.enum(['signature', 'sbom', 'provenance', 'vex', 'scan', 'decision', 'other']),
  predicateType: z.string().optional(),
  store: z.enum([
    'bundle',
    'legacy-signature',
    'legacy-attestation',
    'artifact-signature',
    'artifact-attestation',
  ]),
  manifest: digest,
  verified: z.boolean(),
  signer: signer.optional(),
  signedAt: instant.optional(),
  reason: z.string().optional(),
})

const record = z
  .object({
    registry: z.string(),
    repository: z.string(),
    digest: digest.optional(),
    role,
    tags: z.array(z.string()),
    mediaType: z.string().optional(),
    artifactType: z.string().optional(),
    platform: platform.optional(),
    config: digest.optional(),
    children: z.array(digest).optional(),
    parents: z.array(digest).optional(),
    size: whole.optional(),
    pushedAt: instant.optional(),
    pulledAt: instant.optional(),
    class: auditClass.optional(),
    problems: z.array(
      z.object({
        class: auditClass.exclude(['compliant']),
        message: z.string(),
        code: z.string().optional(),
      }),
    ),
    evidence: z.array(evidence),
    decision: z
      .object({
        verifier: z.string(),
        resourceUri: z.string(),
        levels: z.array(z.string()),
        at: instant.optional(),
        policyDigest: digest.optional(),
        missingInputs: z.array(digest).optional(),
      })
      .optional(),
    judgement: z
      .object({
        verdict: z.enum(['pass', 'fail', 'error']),
        reasons: z.array(z.object({ code: z.string(), message: z.string() })),
        findings: z.record(z.string(), z.number()),
      })
      .optional(),
    deployments: z
      .array(
        z.object({
          cluster: z.string().optional(),
          namespace: z.string().optional(),
          workload: z.string(),
          container: z.string().optional(),
          matchedBy: z.enum(['index', 'manifest', 'config', 'tag']),
          reportedAs: z.string().optional(),
        }),
      )
      .optional(),
    auditedAt: instant,
  })
  .meta({ id: 'AuditRecord' })

const patterns = z.array(z.string()).optional()

const filters = z.object({
  repositories: patterns,
  tags: patterns,
  pushedAfter: z.string().optional(),
  pushedBefore: z.string().optional(),
  pulledAfter: z.string().optional(),
  pulledBefore: z.string().optional(),
})

const summary = z.object({
  schema: z.literal('https://sallyport.dev/schemas/audit/v1'),
  id: z.string(),
  registry: z.string(),
  listing: z.string(),
  scope: digest.optional().describe('Equal for audits that looked at the same of the registry'),
  filters: filters.optional().describe('What was looked at; absent when that was all'),
  startedAt: instant,
  finishedAt: instant.optional().describe('Absent when the audit did not get to its end'),
  repositories: z.object({
    audited: whole,
    skipped: whole,
    failed: whole,
    failures: z.array(z.object({ repository: z.string(), code: z.string(), message: z.string() })),
  }),
  tags: whole,
  manifests: whole,
  roles: z.partialRecord(role, whole),
  classes: z.partialRecord(auditClass, whole),
  examined: whole,
  reused: whole,
  requests: whole,
})

/** The form of an audit as JSON: its summary, and all of its records. */
export const auditDocumentSchema = summary
  .extend({ records: z.array(record) })
  .meta({ title: 'Audit of Sallyport' })

/** Fields at any depth, as paths. */
type Paths<T> = T extends Date
  ? never
  : T extends readonly (infer Item)[]
    ? Paths<Item>
    : T extends object
      ? { [Name in keyof T & string]-?: Name | `${Name}.${Paths<NonNullable<T[Name]>>}` }[keyof T & string]
      : never
type Same<One, Other> = [One] extends [Other] ? ([Other] extends [One] ? true : never) : never

// Fails to compile when a field of a type is missing here, or one here is missing there.
true satisfies Same<Paths<AuditRecord>, Paths<z.infer<typeof record>>>
true satisfies Same<Paths<AuditSummary>, Paths<z.infer<typeof summary>>>
