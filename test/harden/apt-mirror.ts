import { execFile } from 'node:child_process'
import { createReadStream, existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { HardenError, type MirrorReader } from '@sallyport/harden/patch'

const run = promisify(execFile)
const maxBuffer = 512 * 1024 * 1024

/** The suites of Debian that this machine's own apt has read, as a mirror. */
export interface AptMirror extends MirrorReader {
  /** Codenames, e.g. `bookworm` and `bookworm-security`. */
  readonly suites: readonly string[]
  /** Where the versions of a package are in the mirror. */
  versionsOf(name: string): Promise<readonly { readonly version: string; readonly path: string }[]>
}

interface IndexFile {
  readonly suite: string
  /** E.g. `main/binary-amd64/Packages`. */
  readonly key: string
  readonly file: string
}

/**
 * Makes a mirror of what apt has: signed release files and indexes as apt keeps them, packages by `apt-get download`, into
 * `directory`. So the bytes are the archive's own, fetched by apt from wherever this machine gets its packages.
 */
export async function openAptMirror(directory: string): Promise<AptMirror> {
  const indexes = await listIndexes()
  let packages: Promise<ReadonlyMap<string, string>> | undefined
  return {
    suites: [...new Set(indexes.map(({ suite }) => suite))],
    async versionsOf(name) {
      return [...(await (packages ??= listPackages()))].flatMap(([path, wanted]) =>
        wanted.startsWith(`${name}:`) ? [{ version: wanted.slice(wanted.indexOf('=') + 1), path }] : [],
      )
    },
    async *read(path, { signal }) {
      const content = await readPath(path, signal)
      if (typeof content === 'string') yield* createReadStream(content)
      else yield content
    },
  }

  async function readPath(path: string, signal: AbortSignal | undefined): Promise<Uint8Array | string> {
    const [, suite, key] = /^dists\/([^/]+)\/(.+)$/.exec(path) ?? []
    const index = indexes.find((one) => one.suite === suite)
    if (index && key === 'InRelease')
      return await readFile(index.file.replace(/_dists_.*$/, `_dists_${suite}_InRelease`))
    const own = indexes.find((one) => one.suite === suite && one.key === key)
    if (own) return await readIndex(own)
    const wanted = (await (packages ??= listPackages())).get(path)
    if (wanted === undefined) throw new HardenError('MIRROR_FILE_MISSING', `${path}: apt has no such file`)
    return await download(path, wanted, signal)
  }

  async function listPackages(): Promise<ReadonlyMap<string, string>> {
    const names = new Map<string, string>()
    for (const index of indexes) {
      for (const text of (await readIndex(index)).toString('utf8').split('\n\n')) {
        if (text.trim() === '') continue
        names.set(
          fieldOf(text, 'Filename'),
          `${fieldOf(text, 'Package')}:${fieldOf(text, 'Architecture')}=${fieldOf(text, 'Version')}`,
        )
      }
    }
    return names
  }

  async function download(path: string, wanted: string, signal: AbortSignal | undefined): Promise<string> {
    const target = join(directory, path.slice(path.lastIndexOf('/') + 1))
    if (existsSync(target)) return target
    const folder = `${directory}-download`
    await mkdir(directory, { recursive: true })
    await mkdir(folder, { recursive: true })
    const name = wanted.replace(':all=', '=')
    // Where apt is told to keep no cache, it would read all of its lists anew each time.
    const cache = ['pkgcache', 'srcpkgcache'].flatMap((one) => [
      '-o',
      `Dir::Cache::${one}=${directory}/../${one}.bin`,
    ])
    await run('apt-get', ['download', '-qq', ...cache, name], { cwd: folder, ...(signal ? { signal } : {}) })
    const { stdout } = await run('ls', [folder])
    await rename(join(folder, stdout.trim()), target)
    await rm(folder, { recursive: true })
    return target
  }
}

function fieldOf(text: string, name: string): string {
  const lines = `\n${text}\n`
  const start = lines.indexOf(`\n${name}: `) + name.length + 3
  return lines.slice(start, lines.indexOf('\n', start))
}

async function listIndexes(): Promise<readonly IndexFile[]> {
  const format = '$(CODENAME)|$(METAKEY)|$(FILENAME)|$(ORIGIN)'
  const { stdout } = await run('apt-get', ['indextargets', '--format', format, 'Created-By: Packages'])
  return stdout.split('\n').flatMap((line) => {
    const [suite, key, file, origin] = line.split('|')
    if (!suite || !key || !file || origin !== 'Debian' || !key.startsWith('main/')) return []
    return { suite, key, file }
  })
}

async function readIndex({ file }: IndexFile): Promise<Buffer> {
  const { stdout } = await run('/usr/lib/apt/apt-helper', ['cat-file', file], {
    encoding: 'buffer',
    maxBuffer,
  })
  return stdout
}
