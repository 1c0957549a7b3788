import type { FileNode } from '@sallyport/image'
import type { FileRecord } from '../recorded-sums.ts'
import type { ImageFiles } from '../files/image-files.ts'
import { maxDatabaseBytes } from '../internal/limits.ts'
import { existsInTree, readText } from '../internal/read-text.ts'
import type { Package } from '../inventory.ts'
import { rpmLicense } from '../licence/rpm-license.ts'
import { toPurl } from '../package-url.ts'
import { evidenceOf, type PackageReader, type ReaderContext, readOrReport } from '../reader.ts'
import { resolveDependsOn } from '../resolve-depends-on.ts'
import { rpmDatabaseExaminer } from './examine-database.ts'
import { toRecordedSum } from './list-rpm-files.ts'
import { parseManifestLine } from './parse-manifest.ts'
import type { RpmHeader } from './rpm-database.ts'
import { parseSourceRpm, toEvr } from './source-rpm.ts'

const folders = ['/var/lib/rpm', '/usr/lib/sysimage/rpm', '/usr/share/rpm']
/** The newest format first: what an older one beside it repeats is left out. */
const fileNames = ['rpmdb.sqlite', 'Packages.db', 'Packages']
const databasePaths = folders.flatMap((folder) => fileNames.map((name) => `${folder}/${name}`))
const manifestPath = '/var/lib/rpmmanifest/container-manifest-2'

/** Where rpm keeps its database, or a list stands for one. */
export const rpmDatabases: readonly string[] = [...databasePaths, manifestPath]

/** Reads the database of rpm in any of its formats, and the list that distroless images of Azure Linux have. */
export const rpmReader: PackageReader = {
  name: 'rpm',
  version: 1,
  selects: ({ path, size }) => path.endsWith('/rpmmanifest/container-manifest-2') && size <= maxDatabaseBytes,
  examiners: [rpmDatabaseExaminer],
  read: readRpm,
}

interface Found {
  readonly header: RpmHeader
  readonly node: FileNode
  readonly method: string
}

async function readRpm(context: ReaderContext): Promise<readonly Package[]> {
  const { image, report } = context
  const present = rpmDatabases.filter((path) => existsInTree(image, path))
  const seen = new Set<string>()
  const found = new Map<string, Found>()
  for (const path of present) {
    const node = image.tree.resolve(path)
    if (node?.type !== 'file') {
      report({ code: 'UNREADABLE', path, message: `${path}: expected a regular file` })
      continue
    }
    if (seen.has(node.path)) continue
    seen.add(node.path)
    const isManifest = path === manifestPath
    const headers = isManifest ? await readManifest(context, node) : await readDatabase(context, node)
    for (const header of headers) {
      // Keys that signatures are checked with stand in the database like packages.
      if (header.name === 'gpg-pubkey') continue
      const key = [header.name, toEvr(header), header.arch].join(' ')
      if (!found.has(key))
        found.set(key, { header, node, method: isManifest ? 'rpm-manifest' : 'rpm-database' })
    }
  }
  if (found.size === 0 && present.length > 0) {
    report({ code: 'DATABASE_EMPTY', path: present[0], message: `${present[0]} names no installed package` })
  }
  return toPackages(context, [...found.values()])
}

async function readDatabase(context: ReaderContext, node: FileNode): Promise<readonly RpmHeader[]> {
  const { image, signal, report } = context
  const log = image.tree.get(`${node.path}-wal`)
  if (log && (log.type !== 'file' || log.size > 0)) {
    const message = `${log.path}: changes that are not in the database yet are not read; "rpmdb --rebuilddb" writes them there`
    report({ code: 'UNREADABLE', path: log.path, message })
  }
  const database = await readOrReport(context, node.path, () =>
    image.examine(node, rpmDatabaseExaminer, { signal }),
  )
  for (const problem of database?.problems ?? []) {
    report({ code: 'UNREADABLE', path: node.path, message: `${node.path}: ${problem}` })
  }
  return database?.headers ?? []
}

async function readManifest(context: ReaderContext, node: FileNode): Promise<readonly RpmHeader[]> {
  const { image, signal } = context
  const text = await readOrReport(context, node.path, () =>
    readText(image, node, { maxBytes: maxDatabaseBytes, signal }),
  )
  const headers: RpmHeader[] = []
  for (const line of (text ?? '').split('\n')) {
    if (line === '') continue
    const header = await readOrReport(context, node.path, () => parseManifestLine(line))
    if (header) headers.push(header)
  }
  return headers
}

async function toPackages(context: ReaderContext, found: readonly Found[]): Promise<readonly Package[]> {
  const packages: Package[] = []
  const headers: RpmHeader[] = []
  for (const one of found) {
    const made = await readOrReport(context, one.node.path, () => toPackage(context, one))
    if (!made) continue
    packages.push(made)
    headers.push(one.header)
  }
  const dependsOn = resolveDependsOn(
    packages.map(({ purl, arch }, index) => {
      const { provides, requires, files } = headers[index]!
      return {
        purl,
        arch,
        offers: [...provides.map(capabilityName), ...files],
        needs: requires.map((text) => [capabilityName(text)]),
      }
    }),
  )
  return packages.map((one, index) => {
    const made = dependsOn[index] ? { ...one, dependsOn: dependsOn[index] } : one
    context.noteRecorded(made, () => recordsOf(headers[index]!))
    return made
  })
}

function recordsOf({ files, sums, sumAlgorithm: algorithm }: RpmHeader): ReadonlyMap<string, FileRecord> {
  const records = new Map<string, FileRecord>()
  for (const [index, sum] of sums.entries()) {
    if (sum === null) continue
    records.set(files[index]!, sum === '' ? 'no-file' : (toRecordedSum({ sum, algorithm }) ?? 'unknown-hash'))
  }
  return records
}

const capabilityName = (text: string) => text.split(' ', 1)[0]!

function toPackage({ image, purlDistro }: ReaderContext, { header, node, method }: Found): Package {
  const { name, epoch, version, release, arch, vendor, modularityLabel, sourceRpm, requires, provides } =
    header
  return {
    type: 'rpm',
    name,
    version: toEvr(header),
    arch,
    purl: toPurl({
      type: 'rpm',
      namespace: toNamespace(purlDistro.namespace),
      name,
      version: `${version}-${release}`,
      qualifiers: {
        arch,
        distro: purlDistro.qualifier,
        epoch: epoch === undefined ? undefined : String(epoch),
        upstream: sourceRpm,
      },
    }),
    source: parseSourceRpm(sourceRpm, header),
    files: existingFiles(image, header.files),
    evidence: evidenceOf(image, node, method),
    license: rpmLicense(header.license),
    rpm: { epoch, vendor, modularityLabel, sourceRpm, requires, provides },
  }
}

/** How other tools name these distributions in purls of rpm packages. */
function toNamespace(id: string | undefined): string | undefined {
  if (id === 'rhel') return 'redhat'
  return id?.startsWith('opensuse') ? 'opensuse' : id
}

function existingFiles({ tree }: ImageFiles, paths: readonly string[]): readonly string[] {
  const owned = new Set<string>()
  for (const path of paths) {
    const node = tree.get(tree.canonicalize(path))
    if (node && node.type !== 'directory') owned.add(node.path)
  }
  return [...owned].sort()
}
