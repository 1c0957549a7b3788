import { readFile } from 'node:fs/promises'
import { readEvidence } from '@sallyport/attest'
import type { Repository } from '@sallyport/oci'
import { type AppliedVex, applyVex, readVex, type TrustedVex } from '@sallyport/scan'
import type { ScannedImage } from './scan-image.ts'

/** Applies a file of one's own, and what the maker of an image attached to it and signed. */
export async function applyStatements(
  { inventory, scan }: ScannedImage,
  repository: Repository,
  { file, makersKey }: { readonly file: string; readonly makersKey: string },
): Promise<AppliedVex> {
  const own = readVex(await readFile(file), { source: file })
  const { verified } = await readEvidence(repository, inventory.subject, { keys: [makersKey] })
  const attached = verified.flatMap(({ manifest, statement }): TrustedVex[] =>
    statement.predicateType.startsWith('https://openvex.dev/ns')
      ? [
          {
            document: readVex(statement, { source: manifest }),
            source: manifest,
            trustedAs: 'maker of the image',
          },
        ]
      : [],
  )
  return applyVex(scan.findings, {
    image: {
      digests: [inventory.subject],
      repositories: [repository.name],
      packages: inventory.packages.map(({ purl, evidence: { path } }) => ({ purl, path })),
    },
    documents: [{ document: own, source: file, trustedAs: 'security team' }, ...attached],
  })
}
