import { type Digest, digestOf } from '@sallyport/core'
import type { AuditRecord } from '../audit-record.ts'
import type { AuditSummary } from '../audit-report.ts'

/** Names as an attacker would choose them. */
export const hostileTexts: readonly string[] = [
  '<script>document.title="owned"</script><!--',
  '</script><img src=x onerror=document.title="owned">',
  `' onmouseover='document.title=1' x='`,
  '[press me](javascript:document.title="owned") @everyone #1 https://evil.example www.evil.example',
  '</details></code>|cell|`code`**bold**$x$',
  '=cmd|"/c calc"!A1',
  '+1;=1,=2',
  '-1+1"=3',
  '@SUM(1)\t=4\r\n=5',
  '\uff1d1\uff0b1',
  '\u001b[2J\u001b[31mPASS\u0007\r\n\u202egnp.exe\u200b\u0000\u009b2J\u2028',
  '\ud800',
  '../../etc/passwd?x#y',
]

/** A record of an unsigned image that runs; `changes` makes it another. */
export function recordOf(changes: Partial<AuditRecord> = {}): AuditRecord {
  return {
    registry: 'prod.example',
    repository: 'team/app',
    digest: digestOf('image'),
    role: 'image',
    tags: ['1.4', 'latest'],
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    platform: { os: 'linux', architecture: 'amd64' },
    size: 1_234,
    pushedAt: '2026-11-20T12:00:00.000Z',
    class: 'unsigned',
    problems: [{ class: 'unsigned', message: 'no signature', code: 'NOTHING_FOUND' }],
    evidence: [],
    deployments: [
      { cluster: 'eu', namespace: 'shop', workload: 'cart', container: 'main', matchedBy: 'manifest' },
    ],
    auditedAt: '2026-11-25T12:00:00.000Z',
    ...changes,
  }
}

/** A record with every field, in which whatever comes from outside is `text`. */
export function fullRecord(text: string, changes: Partial<AuditRecord> = {}): AuditRecord {
  return recordOf({
    registry: text,
    repository: text,
    tags: [text],
    mediaType: text,
    artifactType: text,
    platform: { os: text, architecture: text, variant: text, 'os.version': text, 'os.features': [text] },
    config: digestOf('config'),
    children: [digestOf('child')],
    parents: [digestOf('parent')],
    pulledAt: '2026-11-21T12:00:00.000Z',
    class: 'unverifiable',
    problems: [
      { class: 'unverifiable', message: text, code: text },
      { class: 'no-sbom', message: text },
    ],
    evidence: [
      {
        kind: 'signature',
        predicateType: text,
        store: 'bundle',
        manifest: digestOf('signature'),
        verified: false,
        signer: {
          kind: 'certificate',
          issuer: text,
          subject: text,
          claims: { [text]: text },
          validFrom: new Date('2026-11-20T11:00:00.000Z'),
        },
        signedAt: '2026-11-20T12:00:00.000Z',
        reason: text,
      },
      {
        kind: 'sbom',
        store: 'legacy-attestation',
        manifest: digestOf('sbom'),
        verified: true,
        signer: { kind: 'key', keyId: text },
      },
    ],
    decision: {
      verifier: text,
      resourceUri: text,
      levels: [text],
      at: text,
      policyDigest: digestOf('policy'),
    },
    judgement: { verdict: 'fail', reasons: [{ code: text, message: text }], findings: { [text]: 2 } },
    deployments: [{ cluster: text, namespace: text, workload: text, container: text, matchedBy: 'config' }],
    ...changes,
  })
}

/** Records of hostile names, each with another digest, in the order of an archive. */
export const hostileRecords = (): readonly AuditRecord[] =>
  inOrder(hostileTexts.map((text, index) => fullRecord(text, { digest: digestOf(`hostile ${index}`) })))

/** Records in the order of an archive. */
export const inOrder = (records: readonly AuditRecord[]): readonly AuditRecord[] =>
  [...records].sort(
    (one, other) =>
      Buffer.compare(Buffer.from(one.repository), Buffer.from(other.repository)) ||
      ((one.digest ?? '') < (other.digest ?? '') ? -1 : 1),
  )

/** A finished audit of one repository. */
export function summaryOf(changes: Partial<AuditSummary> = {}): AuditSummary {
  return {
    schema: 'https://sallyport.dev/schemas/audit/v1',
    id: 'audit-1',
    registry: 'prod.example',
    listing: 'distribution',
    scope: digestOf('all of it'),
    startedAt: '2026-11-25T12:00:00.000Z',
    finishedAt: '2026-11-25T12:10:00.000Z',
    repositories: { audited: 1, skipped: 0, failed: 0, failures: [] },
    tags: 2,
    manifests: 1,
    roles: { image: 1 },
    classes: { unsigned: 1 },
    examined: 1,
    reused: 0,
    requests: 4,
    ...changes,
  }
}

/** An audit in which every name is hostile. */
export const hostileSummary = (): AuditSummary => {
  const text = hostileTexts.join(' ')
  return summaryOf({
    id: text,
    registry: text,
    listing: text,
    repositories: {
      audited: 1,
      skipped: 0,
      failed: hostileTexts.length,
      failures: hostileTexts.map((each) => ({ repository: each, code: each, message: each })),
    },
  })
}

/** The digest of something small. */
export const digest = (of: string | number): Digest => digestOf(String(of))

/** Records as a stream. */
export async function* streamed(records: Iterable<AuditRecord>): AsyncGenerator<AuditRecord> {
  yield* records
}

/** All of a stream of text. */
export async function joined(parts: AsyncIterable<string>): Promise<string> {
  return (await Array.fromAsync(parts)).join('')
}
