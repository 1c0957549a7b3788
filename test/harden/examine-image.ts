import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Image } from '@sallyport/image'
import type { Inventory, Package } from '@sallyport/inventory'
import type { Finding, Scanner } from '@sallyport/scan'
import { type ImageName, type RunConfig, smokeTest, unpackImage } from '@sallyport/test-images'
import { checkDatabase } from './check-database.ts'

/** What an image is like, told by the running image, by the tools of its package system and by a scanner. */
export interface ExaminedImage {
  /** Answers of the running image, see `smokeTest`. */
  readonly answers: string
  /** What dpkg and rpm complain of, a line each. */
  readonly complaints: readonly string[]
  readonly packages: readonly Package[]
  readonly findings: readonly Finding[]
  /** Bytes of all files, uncompressed. */
  readonly bytes: number
}

/** Unpacks an image, runs it and scans it. */
export async function examineImage(
  name: ImageName,
  { image, inventory }: { readonly image: Image; readonly inventory: Inventory },
  scanner: Scanner,
  directory: string,
): Promise<ExaminedImage> {
  const { layoutDirectory, raw } = image
  const work = await mkdtemp(join(directory, 'root-'))
  try {
    const root = join(work, 'root')
    const unpacked: { readonly config: RunConfig } = await unpackImage(layoutDirectory, root)
    const { digest: subject } = raw.descriptor
    const target = { subject, platform: inventory.platform, inventory, layoutDirectory }
    const { findings } = await scanner.scan(target)
    return {
      answers: await smokeTest(name, root, { config: unpacked.config, timeoutMs: 120_000 }),
      complaints: await checkDatabase(root),
      packages: inventory.packages,
      findings,
      bytes: [...image.tree.entries()].reduce((sum, { type, size }) => sum + (type === 'file' ? size : 0), 0),
    }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}
