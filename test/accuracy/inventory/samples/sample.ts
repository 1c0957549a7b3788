import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { recordsDirectory } from '../../databases/read-records.ts'
import type { TrivyScanner } from '../list-packages.ts'
import type { Files } from '../write-layout.ts'

/** An image to compare: the files that it holds. */
export interface Sample {
  readonly name: string
  readonly files: Files
  /** Default `vuln`. */
  readonly trivyScanner?: TrivyScanner | undefined
}

/** Where genuine package databases are kept: a folder beside the checkout. */
export const databases = join(recordsDirectory, 'pkgdb')

/** Whether {@link databases} is there. */
export const hasDatabases = existsSync(databases)

/** A file of {@link databases}. */
export const readSample = (path: string): Buffer => readFileSync(join(databases, path))

/** All regular files below a folder of {@link databases}, by their path in it. */
export function readFolder(folder: string): Record<string, Buffer> {
  const files: Record<string, Buffer> = {}
  for (const entry of readdirSync(join(databases, folder), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    files[path.slice(join(databases, folder).length + 1)] = readFileSync(path)
  }
  return files
}

/** The files of a txtar archive: `-- name --` before each. */
export function readTxtar(path: string): Record<string, string> {
  const [, ...parts] = readSample(path)
    .toString()
    .split(/^-- (.+) --\n/m)
  const files: Record<string, string> = {}
  for (let at = 0; at < parts.length; at += 2) files[parts[at]!] = parts[at + 1]!
  return files
}

/** Where Trivy looks for a distribution beside `os-release`, or instead of it. */
const releaseFiles: Readonly<Record<string, string>> = {
  alpine: 'etc/alpine-release',
  centos: 'etc/centos-release',
  debian: 'etc/debian_version',
  fedora: 'etc/fedora-release',
  mariner: 'etc/mariner-release',
  ubuntu: 'etc/lsb-release',
}

/** The files by which a distribution says what it is. */
export function release(id: string, version: string): Files {
  const short: Readonly<Record<string, string>> = {
    centos: `CentOS Linux release ${version} (Core)\n`,
    fedora: `Fedora release ${version}\n`,
    mariner: `CBL-Mariner ${version}\n`,
    ubuntu: `DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=${version}\n`,
  }
  const file = releaseFiles[id]
  return {
    'etc/os-release': `ID=${id}\nVERSION_ID="${version}"\n`,
    ...(file === undefined ? {} : { [file]: short[id] ?? `${version}\n` }),
  }
}
