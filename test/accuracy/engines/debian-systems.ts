import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { FileDescription } from '@sallyport/testkit'
import type { ScanTarget } from '@sallyport/scan'
import type { ChangelogEntries } from '../databases/debian-records.ts'
import { recordsDirectory } from '../databases/read-records.ts'
import { withFolders } from './plant-packages.ts'

type Files = Readonly<Record<string, FileDescription>>

const minbase = 'pkgdb/debian12-minbase'
const read = (path: string): string => readFileSync(join(recordsDirectory, minbase, path), 'utf8')

const release = (): Files => ({
  'etc/debian_version': read('etc/debian_version'),
  'usr/lib/os-release': read('usr/lib/os-release'),
  'etc/os-release': { symlink: '../usr/lib/os-release' },
})

/** The changelogs of Debian's packages that records and oracle are made of. */
export function readChangelogs(): ChangelogEntries {
  const path = join(recordsDirectory, 'advisories/debian/changelog-cves-bookworm.json')
  return JSON.parse(readFileSync(path, 'utf8')) as ChangelogEntries
}

/** The status file of a Debian that was installed without security updates. */
export function minbaseStatus(): string {
  return read('var/lib/dpkg/status')
}

/** A Debian 12 with that package database. */
export function debianSystem(status: string): Files {
  return withFolders({ ...release(), 'var/lib/dpkg/status': status })
}

/** A Debian 12 as images of the distroless kind hold it: a file for each package, and no status file. */
export function distrolessSystem(): { readonly files: Files; readonly status: string } {
  const folder = 'statusd/var/lib/dpkg/status.d'
  const names = readdirSync(join(recordsDirectory, minbase, folder)).sort()
  const stanzas = names.map((name) => [name, read(`${folder}/${name}`)] as const)
  return {
    files: withFolders({
      ...release(),
      ...Object.fromEntries(stanzas.map(([name, text]) => [`var/lib/dpkg/status.d/${name}`, text])),
    }),
    status: stanzas
      .map(([, text]) => `Status: install ok installed\n${text.replace(/^Status:.*\n/m, '').trim()}\n`)
      .join('\n'),
  }
}

/**
 * A status file with the packages of each source that has a changelog at the version some entries earlier, and a package of kernel
 * headers. A package whose version is not that of its source keeps its own and names the older source.
 */
export function agedStatus(status: string, changelogs: ChangelogEntries, entriesBack: number): string {
  const older = (source: string): string | undefined => {
    const entries = changelogs[source]?.entries.filter((entry) => entry.source === source) ?? []
    return entries[Math.min(entriesBack, entries.length - 1)]?.version
  }
  const aged = status
    .split(/\n{2,}/)
    .filter((stanza) => stanza.trim() !== '')
    .map((stanza) => {
      const name = /^Package: (.*)$/m.exec(stanza)?.[1] ?? ''
      const [, source = name, sourceVersion] = /^Source: (\S+)(?: \((.*)\))?$/m.exec(stanza) ?? []
      const version = older(source)
      if (version === undefined) return stanza
      return sourceVersion === undefined
        ? stanza.replace(/^Version: .*$/m, `Version: ${version}`)
        : stanza.replace(/^Source: .*$/m, `Source: ${source} (${version})`)
    })
  const headers = [
    'Package: linux-libc-dev',
    'Status: install ok installed',
    'Maintainer: Debian Kernel Team <debian-kernel@lists.debian.org>',
    'Architecture: amd64',
    'Source: linux',
    `Version: ${older('linux')}`,
    'Description: Linux support headers for userspace development',
  ]
  return `${[...aged, headers.join('\n')].join('\n\n')}\n`
}

/**
 * The status file of an image, read with GNU tar out of the last layer that holds one; empty without any.
 */
export async function statusOf({ layoutDirectory, subject }: ScanTarget): Promise<string> {
  const pathOf = (digest: string) => join(layoutDirectory, 'blobs/sha256', digest.slice('sha256:'.length))
  const { layers } = JSON.parse(readFileSync(pathOf(subject), 'utf8')) as {
    readonly layers: readonly { readonly digest: string }[]
  }
  for (const { digest } of layers.toReversed()) {
    const options = { maxBuffer: 256 * 1024 * 1024 }
    const names = ['var/lib/dpkg/status', './var/lib/dpkg/status']
    for (const name of names) {
      const found = await promisify(execFile)('tar', ['-xOf', pathOf(digest), name], options).catch(
        (error: { readonly stderr?: string }) => {
          if (!/Not found in archive/.test(error.stderr ?? '')) throw error
        },
      )
      if (found !== undefined) return found.stdout
    }
  }
  return ''
}
