import process from 'node:process'
import { digestOf, mediaTypes } from '@sallyport/core'
import { createRegistryClient, parseReference, toRawManifest } from '@sallyport/oci'

/** What a process of `concurrent-referrers.test.ts` has to do. */
export interface AttachTask {
  readonly repository: string
  readonly subject: { readonly mediaType: string; readonly digest: string; readonly size: number }
  readonly label: string
  readonly count: number
  /** `together`: all at once. `in-turn`: each after the one before. */
  readonly order: 'together' | 'in-turn'
}

const task = JSON.parse(process.argv[2] ?? '') as AttachTask
const { repository, subject, label, count, order } = task
await using client = createRegistryClient()
const target = client.repository(parseReference(repository))

const bytes = Buffer.from('{}')
const empty = { mediaType: mediaTypes.ociEmpty, digest: digestOf(bytes), size: bytes.byteLength }
await target.write(
  empty,
  (async function* () {
    yield bytes
  })(),
)
const referrers = Array.from({ length: count }, (_, at) =>
  toRawManifest(
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: mediaTypes.ociManifest,
        artifactType: 'application/vnd.example.evidence',
        config: empty,
        layers: [empty],
        subject,
        annotations: { 'org.example.writer': `${label}-${at}` },
      }),
    ),
  ),
)
// Both processes begin when the parent says so.
process.stdout.write('ready\n')
await new Promise((resolve) => process.stdin.once('data', resolve))
process.stdin.destroy()
if (order === 'together') await Promise.all(referrers.map((referrer) => target.putManifest(referrer)))
else for (const referrer of referrers) await target.putManifest(referrer)
