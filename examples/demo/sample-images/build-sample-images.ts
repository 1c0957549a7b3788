import { createHash, randomUUID } from 'node:crypto'
import { readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { configureBase } from './base-system.ts'
import { defaultCacheDirectory, fetchPackages } from './fetch-packages.ts'
import { type DpkgStatus, installPackages } from './install-packages.ts'
import { lockFile, readPackageLock, type SampleName } from './package-lock.ts'
import { createRootFileSystem } from './root-file-system.ts'
import { type Sample, samples } from './samples.ts'
import { copyLayer, finishLayout, writeLayer } from './write-layout.ts'

/** Options of {@link buildSampleImages}. */
export interface BuildSampleImagesOptions {
  /** Keeps packages and images between runs. Default `$SALLYPORT_CACHE`, or `~/.cache/sallyport`. */
  readonly cacheDirectory?: string | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((event: { readonly message: string }) => void) | undefined
}

/** A sample image as an OCI layout; many runs share the folder, so nobody writes to it. */
export interface SampleImage {
  readonly layout: string
  readonly tag: string
}

const tag = '1.0'
/** Files that decide what the images are; a change of one makes them anew. */
const sources = [
  'base-system.ts',
  'build-sample-images.ts',
  'install-packages.ts',
  'read-deb.ts',
  'root-file-system.ts',
  'samples.ts',
  'write-layout.ts',
]

/**
 * Builds the two sample images of the demo from Debian packages, or finds them in the cache. Same lock, same bytes.
 * Aborted or failed, it leaves verified packages in the cache and no half-made image.
 */
export async function buildSampleImages(
  options: BuildSampleImagesOptions = {},
): Promise<Readonly<Record<SampleName, SampleImage>>> {
  const { cacheDirectory = defaultCacheDirectory(), signal, onProgress } = options
  signal?.throwIfAborted()
  const images = join(cacheDirectory, 'sample-images')
  const directory = join(images, await inputsKey())
  const result = {
    webserver: { layout: join(directory, 'webserver'), tag },
    reporter: { layout: join(directory, 'reporter'), tag },
  }
  if (await stat(directory).catch(() => undefined)) return result

  const partial = join(images, `${randomUUID()}.partial`)
  try {
    await buildBoth(partial, { cacheDirectory, signal, onProgress })
    await rename(partial, directory).catch(async (error: unknown) => {
      // Another run was faster; its images are the same.
      if (!(await stat(directory).catch(() => undefined))) throw error
    })
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
  return result
}

async function buildBoth(directory: string, options: BuildSampleImagesOptions): Promise<void> {
  const { signal, onProgress } = options
  const lock = await readPackageLock()
  const files = await fetchPackages(lock, options)
  const filesOf = (names: readonly string[]) =>
    names.map((name) => {
      const file = files.get(name)
      if (file === undefined) throw new Error(`packages.lock.json pins no ${name}`)
      return file
    })
  const time = lock.snapshot.replace(/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/, '$1-$2-$3T$4:$5:$6Z')
  onProgress?.({ message: `unpacking ${lock.base.length} packages of the base` })
  const baseRoot = createRootFileSystem(Date.parse(time) / 1000)
  const baseStatus: DpkgStatus = new Map()
  await installPackages(baseRoot, baseStatus, filesOf(lock.base), signal)
  configureBase(baseRoot)
  const createdBy = `# Debian 12 base, ${lock.base.length} packages`
  const baseLayer = await writeLayer(join(directory, 'base'), baseRoot.takeLayer(), createdBy, signal)

  for (const [name, sample] of Object.entries(samples) as [SampleName, Sample][]) {
    const layout = join(directory, name)
    await copyLayer(join(directory, 'base'), layout, baseLayer)
    const root = baseRoot.clone()
    const layers = [baseLayer]
    const layer = async (text: string) =>
      layers.push(await writeLayer(layout, root.takeLayer(), text, signal))

    const added = lock.installed[name]
    onProgress?.({ message: `${name}: unpacking ${added.length} more packages` })
    await installPackages(root, new Map(baseStatus), filesOf(added), signal)
    sample.build(root)
    await layer(`RUN apt-get install -y --no-install-recommends ${sample.requested.join(' ')} && ./build.sh`)
    sample.copyApplication(root)
    await layer('COPY app /')
    sample.cleanUp(root)
    await layer('RUN ./clean-up.sh')
    await finishLayout(layout, tag, layers, {
      created: time,
      config: sample.config,
      annotations: { 'org.opencontainers.image.title': name, 'org.opencontainers.image.version': tag },
    })
  }
  await rm(join(directory, 'base'), { recursive: true })
}

async function inputsKey(): Promise<string> {
  const hash = createHash('sha256')
  for (const file of [lockFile, ...sources.map((name) => join(import.meta.dirname, name))]) {
    hash.update(await readFile(file)).update('\0')
  }
  return hash.digest('hex').slice(0, 16)
}
