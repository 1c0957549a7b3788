import type { Clock } from '@sallyport/core'
import {
  type Audit,
  type AuditTerms,
  createAudit,
  createClassifier,
  distributionListing,
  type RegistryListing,
  sqliteAuditState,
} from '@sallyport/audit'
import { createRegistryClient, type RequestEvent } from '@sallyport/oci'
import { parsePolicy, type Policy } from '@sallyport/policy'
import { builtinScanner, parseAdvisories } from '@sallyport/scan'
import { builderId, tier, verifierId } from './image-evidence.ts'

const dayMs = 24 * 60 * 60 * 1000

/** When images were decided, when those were whose decision is too old, and when it is now. */
export const times = {
  now: new Date('2026-11-26T12:00:00Z'),
  decidedAt: new Date('2026-11-20T12:00:00Z'),
  staleSince: new Date('2026-06-01T12:00:00Z'),
}
const clock: Clock = { now: () => times.now }

/** Stops what is critical. */
export const policy: Policy = parsePolicy(
  'version: 1\ntiers:\n  prod: { thresholds: [{ name: no critical, severity: critical, max: 0 }] }\n',
  { source: 'gate.yaml' },
)

/** One advisory: about the package that images have which would fail today. */
const advisories = () =>
  parseAdvisories(
    Buffer.from(
      JSON.stringify([
        {
          id: 'CVE-2026-0001',
          modified: '2026-11-25T00:00:00Z',
          published: '2026-11-24T00:00:00Z',
          affected: [
            {
              package: { ecosystem: 'Debian:12', name: 'openssl' },
              ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '3.0.2-1' }] }],
            },
          ],
          severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
        },
      ]),
    ),
    { source: 'advisories.json' },
  )

/** What images of the registry must come with. */
const termsOf = (key: string): AuditTerms => ({
  tier,
  signers: { keys: [key] },
  provenance: [{ id: builderId, by: { keys: [key] } }],
  decision: [{ id: verifierId, by: { keys: [key] } }],
  decisionMaxAgeMs: 30 * dayMs,
  present: { policy, scanners: [builtinScanner({ advisories: advisories(), clock })] },
})

/** An audit, with what it holds. */
export interface StartedAudit extends AsyncDisposable {
  readonly audit: Audit
  /** Requests that it has sent, by what they ask for. */
  readonly sent: Map<string, number>
}

/** Options of {@link startAudit}. */
export interface StartAuditOptions {
  /** `host:port`. */
  readonly registry: string
  /** Public key whose signatures count, in PEM. */
  readonly key: string
  /** Path of the state. */
  readonly state: string
  /** Repositories, where the registry has no catalog. */
  readonly repositories?: readonly string[] | undefined
  /** Lists each tag of people so often, by other names. Default 1. */
  readonly repeatTags?: number | undefined
  /** Is told how many repositories are done. */
  readonly onAudited?: ((repositories: number) => void) | undefined
}

/** Opens an audit of a registry as a program would. */
export function startAudit({
  registry,
  key,
  state: path,
  repositories,
  repeatTags: times = 1,
  onAudited,
}: StartAuditOptions): StartedAudit {
  const sent = new Map<string, number>()
  const onRequest = ({ method, url }: RequestEvent) => {
    const kind = `${method} ${/_catalog|tags\/list|manifests|referrers|blobs/.exec(url)?.[0] ?? 'other'}`
    sent.set(kind, (sent.get(kind) ?? 0) + 1)
  }
  const client = createRegistryClient({ onRequest })
  const state = sqliteAuditState(path)
  const audit = createAudit({
    listing: repeatTags(distributionListing({ client, registry, repositories }), times),
    client,
    classifier: createClassifier(),
    terms: termsOf(key),
    state,
    clock,
    onProgress(progress) {
      if (progress.type === 'repository-audited') onAudited?.(progress.audited)
    },
  })
  return {
    audit,
    sent,
    async [Symbol.asyncDispose]() {
      await client.close()
      await state[Symbol.asyncDispose]()
    },
  }
}

/** The same listing with many more tags. */
const repeatTags = (listing: RegistryListing, times: number): RegistryListing => ({
  ...listing,
  async *listManifests(repository, options) {
    for await (const listed of listing.listManifests(repository, options)) {
      yield listed
      if (!('digest' in listed) || listed.tags[0]?.startsWith('sha256-')) continue
      for (let time = 1; time < times; time++)
        yield { ...listed, tags: listed.tags.map((tag) => `${tag}-${time}`) }
    }
  },
})
