import { readFile } from 'node:fs/promises'
import { type AuditTerms, checkTerms, type PresentTerms } from '@sallyport/audit'

const gate = 'https://sallyport.dev/gate/prod'
const day = 24 * 60 * 60 * 1000

/** What images must come with, by the namespace they are in. */
export async function readTerms(
  present?: PresentTerms,
): Promise<(repository: string) => AuditTerms | undefined> {
  const read = async (file: string) => ({ keys: [await readFile(file, 'utf8')] })
  const [release, evidence, vendor] = await Promise.all(
    ['release.pub', 'evidence.pub', 'vendor.pub'].map(read),
  )
  const ours: AuditTerms = {
    tier: 'prod',
    signers: release!,
    sbom: evidence!,
    provenance: [{ id: gate, by: evidence! }],
    decision: [{ id: gate, by: release! }],
    decisionMaxAgeMs: 90 * day,
    present,
  }
  const theirs: AuditTerms = {
    tier: 'prod',
    signers: vendor!,
    sbom: false,
    provenance: false,
    decision: false,
  }
  for (const terms of [ours, theirs]) checkTerms(terms)
  return (repository) => {
    if (repository.startsWith('sandbox/')) return undefined
    return repository.startsWith('vendor/') ? theirs : ours
  }
}
