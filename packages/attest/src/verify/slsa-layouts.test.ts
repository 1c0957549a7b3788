import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Digest } from '@sallyport/core'
import { createRegistryClient, openLayout, parseReference } from '@sallyport/oci'
import { startRegistry } from '@sallyport/testkit'
import { describe, expect, it } from 'vitest'
import { legacyTag } from '../storage/legacy-tag.ts'
import { writeBlob } from '../storage/write-blob.ts'
import { parseArtifactManifest } from '../storage/parse-artifact-manifest.ts'
import { parseTrustedRoot } from '../trust/trusted-root.ts'
import { readEvidence } from './read-evidence.ts'

const data = join(import.meta.dirname, '../../../../../shared/data')
const layouts = join(data, 'oci/layouts/slsa-verifier')
const hasData = existsSync(layouts)

describe.skipIf(!hasData)(
  `attestations of slsa-github-generator${hasData ? '' : ' (skipped without ../shared/data)'}`,
  () => {
    it.each(['v1.4.0', 'v1.10.0', 'v2.1.0'])(
      'verify offline under the .att tag, by certificate: %s',
      async (version) => {
        const path = join(layouts, version, 'container_workflow_dispatch')
        const digest = readFileSync(`${path}.digest`, 'utf8').trim() as Digest
        const layout = await openLayout(path)
        const kind = 'dev.cosignproject.cosign/atts'
        const entry = (await layout.listEntries()).find(({ annotations }) => annotations?.['kind'] === kind)
        const raw = await layout.getManifest(entry?.digest ?? '')
        const layers = parseArtifactManifest(raw)?.layers ?? []
        await using registry = await startRegistry({ quirks: { checksChildren: false } })
        await using client = createRegistryClient({ settleMs: 0 })
        const repository = client.repository(parseReference(`${registry.host}/app`))
        for (const layer of layers) {
          const blob = readFileSync(join(path, 'blobs/sha256', layer.digest.slice('sha256:'.length)))
          await writeBlob(repository, layer.mediaType, blob, undefined)
        }
        await repository.putManifest(raw, { tag: legacyTag(digest, 'att') })

        const root = parseTrustedRoot(
          readFileSync(join(data, 'sigstore/bundles/sigstore-go/examples/trusted-root-public-good.json')),
        )
        const { verified, rejected } = await readEvidence(repository, digest, { root })
        expect(rejected).toEqual([])
        expect(verified).toMatchObject(
          layers.map(() => ({
            store: 'legacy-attestation',
            signer: {
              kind: 'certificate',
              issuer: 'https://token.actions.githubusercontent.com',
              claims: { githubWorkflowRepository: 'slsa-framework/example-package' },
            },
            statement: { predicateType: 'https://slsa.dev/provenance/v0.2' },
            logEntries: [{}],
          })),
        )
        const identities = [{ issuer: 'https://token.actions.githubusercontent.com', subject: 'https://x' }]
        const others = await readEvidence(repository, digest, { root, identities })
        expect(others.verified).toEqual([])
        expect(others.rejected.map(({ reason }) => reason)).toEqual(layers.map(() => 'identity-mismatch'))
        const keyOnly = await readEvidence(repository, digest, { keys: [] })
        expect(keyOnly.rejected.map(({ reason }) => reason)).toEqual(layers.map(() => 'key-unknown'))
      },
    )
  },
)
