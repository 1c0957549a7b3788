// Makes packages.lock.json anew from what apt on a Debian 12 machine knows: node update-lock.ts
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { lockFile, type PackageLock, type PinnedPackage, type SampleName } from './package-lock.ts'

const run = promisify(execFile)

const base = [
  'base-files',
  'base-passwd',
  'bash',
  'coreutils',
  'dash',
  'debianutils',
  'dpkg',
  'grep',
  'gzip',
  'libc-bin',
  'mawk',
  'perl-base',
  'sed',
  'tar',
]
const added = { webserver: ['busybox', 'curl', 'wget'], reporter: ['nginx'] }

/** What apt would install into an empty system, dependencies first. */
async function closure(names: readonly string[]): Promise<{ name: string; archive: string }[]> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-lock-'))
  try {
    const status = join(folder, 'status')
    await writeFile(status, '')
    const options = ['-o', `Dir::State::status=${status}`, '--print-uris', '-y', '--no-install-recommends']
    const { stdout } = await run('apt-get', [...options, 'install', ...names])
    return [...stdout.matchAll(/^'https?:\/\/[^']*?\/(debian(?:-security)?)\/pool[^']*' ([^_]+)_/gm)].map(
      ([, archive = '', name = '']) => ({ name, archive }),
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function pin({ name, archive }: { name: string; archive: string }): Promise<PinnedPackage> {
  const { stdout: policy } = await run('apt-cache', ['policy', name])
  const version = /Candidate: (\S+)/.exec(policy)?.[1]
  const { stdout } = await run('apt-cache', ['show', `${name}=${version}`])
  const field = (key: string) => new RegExp(`^${key}: (.+)$`, 'm').exec(stdout)?.[1] ?? ''
  return {
    package: name,
    version: field('Version'),
    archive: archive as PinnedPackage['archive'],
    path: field('Filename'),
    size: Number(field('Size')),
    sha256: field('SHA256'),
  }
}

/** The newest date of the package indexes that apt has. */
async function indexDate(): Promise<string> {
  const lists = '/var/lib/apt/lists'
  const files = (await readdir(lists)).filter((name) => /bookworm.*InRelease$/.test(name))
  const dates = await Promise.all(
    files.map(async (name) => {
      const date = /^Date: (.+)$/m.exec(await readFile(join(lists, name), 'utf8'))?.[1]
      return new Date(date ?? 0)
    }),
  )
  const newest = new Date(Math.max(...dates.map(Number)) + 6 * 3600 * 1000)
  return newest.toISOString().replace(/[-:]|\.\d+/g, '')
}

const baseClosure = await closure(base)
const inBase = new Set(baseClosure.map(({ name }) => name))
const all = new Map(baseClosure.map((entry) => [entry.name, entry]))
const installed: Record<SampleName, string[]> = { webserver: [], reporter: [] }
for (const [image, names] of Object.entries(added) as [SampleName, string[]][]) {
  const entries = (await closure([...base, ...names])).filter(({ name }) => !inBase.has(name))
  installed[image] = entries.map(({ name }) => name)
  for (const entry of entries) all.set(entry.name, entry)
}
const packages: PinnedPackage[] = []
for (const entry of [...all.values()].sort((a, b) => (a.name < b.name ? -1 : 1)))
  packages.push(await pin(entry))
const lock: PackageLock = {
  snapshot: await indexDate(),
  packages,
  base: [...inBase],
  installed,
}
await writeFile(lockFile, `${JSON.stringify(lock, null, 2)}\n`)
process.stdout.write(
  `${packages.length} packages, ${packages.reduce((sum, { size }) => sum + size, 0)} bytes\n`,
)
