import { createHash } from 'node:crypto'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { createTarWriter } from '@sallyport/image'
import { createCleartextMessage, createMessage, generateKey, type PrivateKey, sign } from 'openpgp'
import { HardenError } from '../errors.ts'
import type { MirrorReader } from './mirror/mirror-reader.ts'

/** A mirror of files in memory; a test may change them. */
export type MirrorFiles = Map<string, Uint8Array>

/** Reads a mirror out of memory, in small pieces. */
export function memoryMirror(files: MirrorFiles): MirrorReader {
  return {
    async *read(path, { signal }) {
      signal?.throwIfAborted()
      const content = files.get(path)
      if (!content) throw new HardenError('MIRROR_FILE_MISSING', `${path}: the mirror has no such file`)
      for (let at = 0; at < content.length; at += 1000) yield content.subarray(at, at + 1000)
    },
  }
}

/** What a package brings: the content of a file, or a link. A path that ends in a slash is a folder. */
export type PackageFiles = Readonly<
  Record<
    string,
    | string
    | { readonly symlink: string }
    | { readonly content: string; readonly mode?: number; readonly uid?: number }
  >
>

/** A Debian package to make. */
export interface DebDescription {
  readonly name: string
  readonly version: string
  readonly architecture?: string
  /** More lines of `control`. */
  readonly fields?: string
  readonly files?: PackageFiles
  readonly conffiles?: readonly string[]
  /** Scripts and other files of the control archive. */
  readonly info?: Readonly<Record<string, string>>
  readonly compression?: 'gzip' | 'zstd' | 'none'
}

/** The text of a package's `control`. */
function controlOf({ name, version, architecture = 'amd64', fields = '' }: DebDescription): string {
  return `Package: ${name}\nVersion: ${version}\nArchitecture: ${architecture}\nMaintainer: Nobody <nobody@example.com>\n${fields}Description: ${name}\n`
}

/** Makes a Debian package. */
function buildDeb(description: DebDescription): Buffer {
  const { files = {}, conffiles = [], info = {}, compression = 'gzip' } = description
  const control = createTarWriter().add({ type: 'file', path: './control', data: controlOf(description) })
  const sums = Object.entries(files)
    .filter(([path]) => !conffiles.includes(path) && !path.endsWith('/'))
    .flatMap(([path, file]) =>
      contentOf(file) === undefined ? [] : [`${md5(contentOf(file)!)}  ${path.slice(1)}\n`],
    )
  control.add({ type: 'file', path: './md5sums', data: sums.join('') })
  if (conffiles.length > 0)
    control.add({ type: 'file', path: './conffiles', data: conffiles.map((path) => `${path}\n`).join('') })
  for (const [name, text] of Object.entries(info))
    control.add({ type: 'file', path: `./${name}`, mode: 0o755, data: text })
  const [ending, compress] = compressors[compression]
  return buildAr([
    ['debian-binary', Buffer.from('2.0\n')],
    [`control.tar${ending}`, compress(control.finish())],
    [`data.tar${ending}`, compress(tarOf(files, './'))],
  ])
}

const compressors = {
  gzip: ['.gz', (bytes: Uint8Array) => gzipSync(bytes)],
  zstd: ['.zst', (bytes: Uint8Array) => zstdCompressSync(bytes)],
  none: ['', (bytes: Uint8Array) => Buffer.from(bytes)],
} as const

/** A tar of a package's files, each with its folders before it. */
export function tarOf(files: PackageFiles, prefix: string): Uint8Array {
  const writer = createTarWriter()
  const made = new Set<string>()
  for (const [path, file] of Object.entries(files)) {
    const parts = path.split('/').filter((part) => part !== '')
    if (path.endsWith('/')) parts.push('')
    for (let depth = 1; depth < parts.length; depth++) {
      const folder = `${prefix}${parts.slice(0, depth).join('/')}/`
      if (!made.has(folder)) writer.add({ type: 'directory', path: folder, mtime: 1_700_000_000 })
      made.add(folder)
    }
    if (path.endsWith('/')) continue
    const base = { path: `${prefix}${path.slice(1)}`, mtime: 1_700_000_000 }
    if (typeof file === 'object' && 'symlink' in file)
      writer.add({ ...base, type: 'symlink', linkPath: file.symlink })
    else {
      const { mode = 0o644, uid = 0 } = typeof file === 'string' ? {} : file
      writer.add({ ...base, type: 'file', mode, uid, data: contentOf(file)! })
    }
  }
  return writer.finish()
}

function contentOf(file: PackageFiles[string]): string | undefined {
  if (typeof file === 'string') return file
  return 'content' in file ? file.content : undefined
}

/** Makes an ar archive. */
export function buildAr(members: readonly (readonly [name: string, content: Uint8Array])[]): Buffer {
  const parts: Uint8Array[] = [Buffer.from('!<arch>\n')]
  for (const [name, content] of members) {
    const header = `${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}${String(content.length).padEnd(10)}\`\n`
    parts.push(Buffer.from(header), content)
    if (content.length % 2 === 1) parts.push(Buffer.from('\n'))
  }
  return Buffer.concat(parts)
}

/** A suite to make. */
export interface SuiteDescription {
  readonly packages: readonly DebDescription[]
  readonly key: PrivateKey
  readonly moreKeys?: readonly PrivateKey[]
  readonly suite?: string
  readonly codename?: string
  readonly date?: Date
  readonly validUntil?: Date
  /** More lines of the release file. */
  readonly fields?: string
  readonly byHash?: boolean
  readonly detached?: boolean
  /** Folder below `dists`. Default `bookworm-security`. */
  readonly folder?: string
  /** Changes the index before its sums are taken. */
  readonly editIndex?: (text: string) => string
}

/** The day on which the suites of tests are made and read. */
export const today = new Date('2026-03-01T12:00:00Z')

/** Makes a mirror of one suite with the component `main`. */
export async function buildSuite({
  packages,
  key,
  moreKeys = [],
  suite = 'stable-security',
  codename = 'bookworm-security',
  date = new Date('2026-02-28T12:00:00Z'),
  validUntil,
  fields = '',
  byHash = false,
  detached = false,
  folder: name = 'bookworm-security',
  editIndex = (text) => text,
}: SuiteDescription): Promise<MirrorFiles> {
  const files: MirrorFiles = new Map()
  const paragraphs = packages.map((description) => {
    const { name, version, architecture = 'amd64' } = description
    const deb = buildDeb(description)
    const path = `pool/main/${name}_${version.replace(/^\d+:/, '')}_${architecture}.deb`
    files.set(path, deb)
    return `${controlOf(description)}Filename: ${path}\nSize: ${deb.length}\nSHA256: ${sha256(deb)}\n`
  })
  const index = gzipSync(editIndex(paragraphs.join('\n')))
  const folder = `dists/${name}`
  const binary = 'main/binary-amd64'
  files.set(
    byHash ? `${folder}/${binary}/by-hash/SHA256/${sha256(index)}` : `${folder}/${binary}/Packages.gz`,
    index,
  )
  const text = [
    `Origin: Test`,
    `Suite: ${suite}`,
    `Codename: ${codename}`,
    `Date: ${date.toUTCString()}`,
    ...(validUntil ? [`Valid-Until: ${validUntil.toUTCString()}`] : []),
    'Architectures: all amd64',
    'Components: main',
    ...(byHash ? ['Acquire-By-Hash: yes'] : []),
    ...fields.split('\n').filter((line) => line !== ''),
    'SHA256:',
    ` ${sha256(index)} ${index.length} ${binary}/Packages.gz`,
    ` ${'0'.repeat(64)} 1 ${binary}/Packages.xz`,
  ]
  const release = `${text.join('\n')}\n`
  const signingKeys = [key, ...moreKeys]
  if (detached) {
    const message = await createMessage({ binary: Buffer.from(release) })
    const signature = await sign({ message, signingKeys, detached: true, date })
    files.set(`${folder}/Release`, Buffer.from(release))
    files.set(`${folder}/Release.gpg`, Buffer.from(signature as string))
  } else {
    const message = await createCleartextMessage({ text: release })
    files.set(`${folder}/InRelease`, Buffer.from((await sign({ message, signingKeys, date })) as string))
  }
  return files
}

/** Makes a signing key. `expires`: seconds after its creation. */
export async function createKey({
  created = new Date('2025-01-01T00:00:00Z'),
  expires = 0,
}: { readonly created?: Date; readonly expires?: number } = {}): Promise<PrivateKey> {
  const { privateKey } = await generateKey({
    type: 'ecc',
    curve: 'ed25519Legacy',
    userIDs: [{ name: 'Archive', email: 'archive@example.com' }],
    date: created,
    keyExpirationTime: expires,
    format: 'object',
  })
  return privateKey
}

export const md5 = (content: string | Uint8Array): string => createHash('md5').update(content).digest('hex')
const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex')
