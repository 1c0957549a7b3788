import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGzip } from 'node:zlib'
import { type BlobReader, type Descriptor, digestOf, mediaTypes, toDigest } from '@sallyport/core'
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest'
import { writeTar } from '../tar/write-tar.ts'
import { rewriteImage } from '../write/rewrite-image.ts'
import { openImage } from './open-image.ts'

const MiB = 1024 * 1024
const files = 50
const fileSize = 4 * MiB

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'memory-test-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

/** 200 MB of tar made as they are read, the same each time; content that does not compress well. */
async function* bigTar(): AsyncGenerator<Uint8Array> {
  yield* writeTar(
    Array.from({ length: files }, (_, index) => ({
      header: { type: 'file' as const, path: `file-${index}`, size: fileSize, mode: 0o644 },
      content: noise(index),
    })),
  )
}

function* noise(seed: number): Generator<Uint8Array> {
  for (let part = 0; part < fileSize / (64 * 1024); part += 1) {
    const piece = createHash('sha512').update(`${seed} ${part}`).digest()
    yield Buffer.alloc(64 * 1024, piece)
  }
}

async function* gzipped(): AsyncGenerator<Uint8Array> {
  const gzip = createGzip({ level: 0, chunkSize: 256 * 1024 })
  const feeding = (async () => {
    for await (const chunk of bigTar()) {
      if (!gzip.write(chunk)) await new Promise((resolve) => gzip.once('drain', resolve))
    }
    gzip.end()
  })()
  yield* gzip as AsyncIterable<Uint8Array>
  await feeding
}

async function describeBlob(chunks: AsyncIterable<Uint8Array>): Promise<Pick<Descriptor, 'digest' | 'size'>> {
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of chunks) {
    hash.update(chunk)
    size += chunk.length
  }
  return { digest: toDigest(hash), size }
}

it('opens and rewrites a layer of 200 MB within 150 MB of memory', { timeout: 120_000 }, async () => {
  const before = process.memoryUsage().rss
  let peak = before
  const measure = () => {
    peak = Math.max(peak, process.memoryUsage().rss)
  }
  // Before the first byte is made, so that nothing that comes later is taken for the ground level.
  const sampling = setInterval(measure, 20)
  onTestFinished(() => clearInterval(sampling))
  const layer = { mediaType: mediaTypes.ociLayerGzip, ...(await describeBlob(gzipped())) }
  const { digest: diffId } = await describeBlob(bigTar())
  const config = Buffer.from(
    JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [diffId] } }),
  )
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      config: { mediaType: mediaTypes.ociConfig, digest: digestOf(config), size: config.length },
      layers: [layer],
    }),
  )
  const source: BlobReader = {
    async *open(blob) {
      if (blob.digest === layer.digest) yield* gzipped()
      else yield config
    },
  }
  const raw = {
    descriptor: { mediaType: mediaTypes.ociManifest, digest: digestOf(manifest), size: manifest.length },
    bytes: manifest,
  }

  await using image = await openImage(source, raw, { directory, onProgress: measure })
  const edit = { remove: new Set(['/file-0']), replace: new Map(), createdBy: 'test' }
  await using result = await rewriteImage(image, edit, { directory, level: 1, onProgress: measure })
  expect(result.manifest.layers[0]?.digest).not.toBe(layer.digest)
  expect(image.tree.size).toBe(files + 1)
  expect((peak - before) / MiB).toBeLessThan(150)
})
