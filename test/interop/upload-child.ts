// Uploads a file in a process of its own:
//   node upload-child.ts '{"registry", "file", "digest", "size", "states", "mode", "stopAt"}'
import { createReadStream } from 'node:fs'
import process from 'node:process'
import type { Digest } from '@sallyport/core'
import { createRegistryClient, uploadStateFolder, type UploadStateStore } from '@sallyport/oci'

/** What the child is told. */
export interface UploadTask {
  readonly registry: string
  readonly file: string
  readonly digest: Digest
  readonly size: number
  /** Folder of the upload states. */
  readonly states: string
  readonly mode: 'whole' | 'chunked'
  /** Say `reached` and do nothing more once so many bytes are acknowledged. Default: go on to the end. */
  readonly stopAt?: number | undefined
}

const task = JSON.parse(process.argv[2]!) as UploadTask
const { registry, file, digest, size, stopAt = Number.POSITIVE_INFINITY } = task
const folder = uploadStateFolder(task.states)
const uploadState: UploadStateStore = {
  ...folder,
  async save(key, state) {
    await folder.save(key, state)
    if (state.offset < stopAt) return
    process.stdout.write('reached\n')
    // Only the end of the process ends this.
    await new Promise(() => setInterval(() => {}, 60_000))
  },
}
await using client = createRegistryClient()
const outcome = await client
  .repository({ registry, repository: 'team/app' })
  .putBlob(
    { mediaType: 'application/octet-stream', digest, size },
    createReadStream(file, { highWaterMark: 256 * 1024 }),
    { uploads: { mode: task.mode }, uploadState },
  )
process.stdout.write(`${outcome}\n`)
