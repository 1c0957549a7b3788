import process from 'node:process'
import {
  createStatement,
  attachAttestation,
  attachSignature,
  keySigner,
  type StorageMode,
} from '@sallyport/attest'
import type { Descriptor } from '@sallyport/core'
import { createRegistryClient, parseReference } from '@sallyport/oci'

/** What a process of `concurrent-attach.test.ts` has to do. */
export interface AttachEvidenceTask {
  readonly repository: string
  readonly subject: Descriptor
  readonly label: string
  /** Pieces: each fifth a signature with annotations of its own, the others attestations. */
  readonly count: number
  readonly mode: StorageMode
  /** Private key in PEM. */
  readonly key: string
}

const task = JSON.parse(process.argv[2] ?? '') as AttachEvidenceTask
const { repository, subject, label, count, mode, key } = task
await using client = createRegistryClient()
const target = client.repository(parseReference(repository))
const signer = keySigner(key)
const options = { mode, createdAt: new Date('2026-03-01T12:00:00Z') }
// All processes begin when the parent says so.
process.stdout.write('ready\n')
await new Promise((resolve) => process.stdin.once('data', resolve))
process.stdin.destroy()
await Promise.all(
  Array.from({ length: count }, async (_, at) => {
    const writer = `${label}-${at}`
    if (at % 5 === 0) {
      const annotations = { writer }
      await attachSignature(target, subject, signer, { ...options, reference: repository, annotations })
    } else {
      const statement = createStatement([{ digest: subject.digest }], 'https://example.com/writer/v1', {
        writer,
      })
      await attachAttestation(target, subject, statement, signer, options)
    }
  }),
)
