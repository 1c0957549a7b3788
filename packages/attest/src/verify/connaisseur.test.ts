import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Digest, digestOf } from '@sallyport/core'
import { createRegistryClient, parseReference, toRawManifest } from '@sallyport/oci'
import { startRegistry } from '@sallyport/testkit'
import { describe, expect, it } from 'vitest'
import { parsePublicKey } from '../signing/parse-public-key.ts'
import { writeBlob } from '../storage/write-blob.ts'
import { readEvidence } from './read-evidence.ts'

const data = join(import.meta.dirname, '../../../../../shared/data/sigstore/cosign-legacy/connaisseur')
const hasData = existsSync(data)
const people = ['alice', 'bob', 'charlie', 'default'] as const

interface Facts {
  readonly signatures: readonly {
    readonly manifest: string
    readonly imageDigest: Digest
    readonly reference: string
    readonly verifiesWith: readonly string[]
  }[]
}

describe.skipIf(!hasData)(
  `signatures of the Connaisseur project${hasData ? '' : ' (skipped without ../shared/data)'}`,
  () => {
    const read = (path: string) => readFileSync(join(data, path))
    const { signatures } = hasData ? (JSON.parse(read('facts.json').toString()) as Facts) : { signatures: [] }
    const images = [...new Set(signatures.map(({ imageDigest }) => imageDigest))]

    it.each(images)('verify with exactly the keys that made them: %s', async (image) => {
      // Configs of the manifests were not kept.
      await using registry = await startRegistry({ quirks: { checksChildren: false } })
      await using client = createRegistryClient({ settleMs: 0 })
      const repository = client.repository(parseReference(`${registry.host}/testimage`))
      const blobs = join('securesystemsengineering', 'testimage', 'blobs')
      for (const name of readdirSync(join(data, blobs)))
        await writeBlob(repository, 'application/octet-stream', read(join(blobs, name)), undefined)
      const facts = signatures.filter(({ imageDigest }) => imageDigest === image)
      const manifest = read(join(facts[0]?.manifest ?? ''))
      await repository.putManifest(toRawManifest(manifest), { tag: `${image.replace(':', '-')}.sig` })

      for (const person of people) {
        const key = read(`${person}.key`).toString()
        const { verified, rejected } = await readEvidence(repository, image, { keys: [key] })
        const expected = facts.filter(({ verifiesWith }) => verifiesWith.includes(person))
        expect(verified.map(({ statement, signer }) => ({ ...statement.subject[0], signer }))).toEqual(
          expected.map(({ reference }) => ({
            name: reference,
            digest: { sha256: image.slice('sha256:'.length) },
            signer: { kind: 'key', keyId: parsePublicKey(key).keyId },
          })),
        )
        expect(verified.length + rejected.length).toBe(facts.length)
      }
      const keys = people.map((person) => read(`${person}.key`).toString())
      const { verified, rejected } = await readEvidence(repository, image, { keys })
      expect(verified).toHaveLength(facts.filter(({ verifiesWith }) => verifiesWith.length > 0).length)
      // One was signed with a certificate, which no key vouches for.
      for (const { reason } of rejected) expect(reason).toBe('key-unknown')

      const elsewhere = digestOf('another image')
      await repository.putManifest(toRawManifest(manifest), { tag: `${elsewhere.replace(':', '-')}.sig` })
      const moved = await readEvidence(repository, elsewhere, { keys })
      expect(moved.verified).toEqual([])
      expect(moved.rejected.map(({ reason }) => reason)).toEqual(facts.map(() => 'subject-mismatch'))
    })
  },
)
