import { formatBytes, formatPlatform, type Platform, type RawManifest } from '@sallyport/core'
import type { ResolvedSource } from '@sallyport/gate'
import type { Image, OpenImageProgress } from '@sallyport/image'
import type { Inventory } from '@sallyport/inventory'
import type { OpenedSource } from '@sallyport/oci'
import type { Finding } from '@sallyport/scan'
import type { RunContext } from '../command.ts'
import { CliError } from '../errors.ts'
import type { Progress } from '../output/progress.ts'
import { literal, type Program } from '../program/program.ts'
import type { Settings } from '../settings/settings.ts'
import { codeClient, codeSource } from './client.ts'

/** Resolves a tag once: every image of an index, or those of `--platform`. */
export async function resolveImages(
  { settings, signal }: RunContext,
  source: OpenedSource,
): Promise<ResolvedSource> {
  const { resolveSource } = await import('@sallyport/gate')
  const platforms = settings.list('platform')
  return resolveSource(source.repository, source.tagOrDigest, {
    platforms: platforms.length > 0 ? platforms : undefined,
    signal,
  })
}

/** The one image that a command works on. */
export function onlyImage(resolved: ResolvedSource, name: string): ResolvedSource['images'][number] {
  const [image, ...others] = resolved.images
  if (image && others.length === 0) return image
  const platforms = resolved.images.map(({ platform }) => formatPlatform(platform)).join(', ')
  throw new CliError('OPTION_MISSING', `${name} is for several platforms: ${platforms}`, {
    advice: 'Choose one with --platform.',
  })
}

/** Opens an image and lists its packages; the layers show in the progress. */
export async function openWithInventory(
  { signal, progress, resources }: RunContext,
  source: OpenedSource,
  raw: RawManifest,
  platform: Platform,
): Promise<{ readonly image: Image; readonly inventory: Inventory }> {
  const [{ openImage }, { createInventory }] = await Promise.all([
    import('@sallyport/image'),
    import('@sallyport/inventory'),
  ])
  const onProgress = layerProgress(progress, formatPlatform(platform))
  const image = resources.use(await openImage(source.repository, raw, { signal, onProgress }))
  progress.start('inventory', `packages of ${formatPlatform(platform)}`)
  const inventory = await createInventory(image, { signal })
  progress.finish('inventory', `${inventory.packages.length}`)
  return { image, inventory }
}

/** A line for each layer. */
function layerProgress(progress: Progress, platform: string): (event: OpenImageProgress) => void {
  const started = new Set<number>()
  return (event) => {
    const id = `layer ${platform} ${event.layer}`
    if (!started.has(event.layer)) {
      started.add(event.layer)
      progress.start(id, `layer ${event.layer + 1} of ${platform}`)
    }
    if (event.type === 'layer-progress')
      progress.update(id, `${formatBytes(event.bytes)} of ${formatBytes(event.size)}`)
    else progress.finish(id, `${event.entries} files`)
  }
}

/** A finding in brief, for the document. */
export const briefFinding = ({ id, severity, package: { purl }, fix, scanners }: Finding) => ({
  id,
  severity,
  purl,
  fix: fix.state,
  fixedIn: fix.suggested ?? fix.versions[0],
  scanners: [...scanners],
})

/** Resolving an image in a program, as `resolved`. */
export function codeImages(program: Program, text: string, settings: Settings): void {
  const platforms = settings.list('platform')
  const options = platforms.length > 0 ? `, ${literal({ platforms })}` : ''
  program.use('@sallyport/gate', 'resolveSource')
  codeClient(program, settings)
  codeSource(program, text)
  program.line(`const resolved = await resolveSource(source.repository, source.tagOrDigest${options})`)
}

/** Opening the one image of a platform in a program, as `image` with `inventory`. */
export function codeOnlyImage(program: Program, text: string, settings: Settings): void {
  program.use('@sallyport/image', 'openImage').use('@sallyport/inventory', 'createInventory')
  codeImages(program, text, settings)
  program.line(
    'const [one, ...others] = resolved.images',
    `if (!one || others.length > 0) throw new Error('choose one platform')`,
    'await using image = await openImage(source.repository, one.raw)',
    'const inventory = await createInventory(image)',
  )
}
