import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Image } from '@sallyport/image'
import type { Inventory, Package } from '@sallyport/inventory'
import type { Finding, Scanner } from '@sallyport/scan'
import { type ImageName, smokeTest, unpackImage } from '@sallyport/test-images'
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

/** An image that is open, and its packages. */
export interface OpenedImage {
  readonly image: Image
  readonly inventory: Inventory
}

/** What a scanner finds in an image. */
export async function scanImage(
  { image, inventory }: OpenedImage,
  scanner: Scanner,
): Promise<readonly Finding[]> {
  const { raw, layoutDirectory } = image
  const { platform } = inventory
  return (await scanner.scan({ subject: raw.descriptor.digest, platform, inventory, layoutDirectory }))
    .findings
}

/** Unpacks an image, runs it and scans it. */
export async function examineImage(
  name: ImageName,
  opened: OpenedImage,
  scanner: Scanner,
  directory: string,
): Promise<ExaminedImage> {
  const { image, inventory } = opened
  const [run, findings] = await Promise.all([runImage(name, image, directory), scanImage(opened, scanner)])
  return {
    ...run,
    packages: inventory.packages,
    findings,
    bytes: [...image.tree.entries()].reduce((sum, { type, size }) => sum + (type === 'file' ? size : 0), 0),
  }
}

async function runImage(
  name: ImageName,
  { layoutDirectory }: Image,
  directory: string,
): Promise<Pick<ExaminedImage, 'answers' | 'complaints'>> {
  const work = await mkdtemp(join(directory, 'root-'))
  try {
    const root = join(work, 'root')
    const { config } = await unpackImage(layoutDirectory, root)
    const [answers, complaints] = await Promise.all([
      smokeTest(name, root, { config, timeoutMs: 120_000 }),
      checkDatabase(root),
    ])
    return { answers, complaints }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}
