import { createHash } from 'node:crypto'
import { createImage, type FileDescription, type LayerDescription } from '@sallyport/testkit'
import { buildElf, type ElfParts } from '../elf/elf.fixture.ts'

/** A package of a small Debian. */
export interface DescribedPackage {
  readonly files?: Readonly<Record<string, FileDescription>>
  /** More fields of its stanza, e.g. `Depends: libc6`. */
  readonly fields?: string
  /** Paths that its list names besides its files. */
  readonly lists?: readonly string[]
}

/** What {@link debianImage} makes an image of. */
export interface DescribedDebian {
  readonly packages: Readonly<Record<string, DescribedPackage>>
  /** Files that no package owns. */
  readonly unowned?: Readonly<Record<string, FileDescription>>
  readonly config: Readonly<Record<string, unknown>>
  /** Layers on top. */
  readonly layers?: readonly LayerDescription[]
  readonly platform?: string
}

export const executable = (content: string | Uint8Array): FileDescription => ({ content, mode: 0o755 })
const linker = '/lib64/ld-linux-x86-64.so.2'
export const libraries = '/usr/lib/x86_64-linux-gnu'

/** A program that is linked with the C library. */
export const program = (parts: ElfParts = {}): FileDescription =>
  executable(buildElf({ interpreter: linker, ...parts, needed: [...(parts.needed ?? []), 'libc.so.6'] }))

/** Packages that images of Debian have, with what this one is called in the tests: nothing needs `unused`. */
const basePackages: Readonly<Record<string, DescribedPackage>> = {
  'base-files': { files: { '/usr/lib/os-release': 'ID=debian\nVERSION_ID="12"\n' } },
  libc6: {
    files: {
      [`${libraries}/libc.so.6`]: executable(buildElf({ soname: 'libc.so.6' })),
      [`${libraries}/ld-linux-x86-64.so.2`]: executable(buildElf({ soname: 'ld-linux-x86-64.so.2' })),
    },
  },
  dash: { files: { '/usr/bin/sh': program() }, fields: 'Depends: libc6\n' },
  unused: {
    files: { '/usr/bin/unused': program(), '/usr/share/unused/data': 'nobody reads this' },
    fields: 'Depends: libc6\n',
  },
}

/** A Debian with a merged `/usr`, a correct database, and one layer for all of it. */
export function debianImage(described: DescribedDebian): ReturnType<typeof createImage> {
  const packages = { ...basePackages, ...described.packages }
  const files: Record<string, FileDescription> = {
    '/bin': { symlink: 'usr/bin' },
    '/sbin': { symlink: 'usr/sbin' },
    '/lib': { symlink: 'usr/lib' },
    '/lib64': { symlink: 'usr/lib64' },
    '/usr/lib64': { directory: true, mode: 0o755 },
    '/usr/sbin': { directory: true, mode: 0o755 },
    '/usr/lib64/ld-linux-x86-64.so.2': { symlink: '../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2' },
    '/etc/os-release': { symlink: '../usr/lib/os-release' },
    '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33::/var/www:/usr/sbin/nologin\n',
    '/tmp': { directory: true, mode: 0o1777 },
  }
  const stanzas: string[] = []
  for (const [name, { files: own = {}, fields = '', lists = [] }] of Object.entries(packages)) {
    stanzas.push(
      `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n${fields}Description: ${name}\n`,
    )
    const info = `/var/lib/dpkg/info/${name}`
    files[`${info}.list`] = `${['/.', ...Object.keys(own), ...lists].join('\n')}\n`
    files[`${info}.md5sums`] = Object.entries(own)
      .flatMap(([path, file]) => sumLine(path, file))
      .join('')
    Object.assign(files, own)
  }
  files['/var/lib/dpkg/status'] = stanzas.join('\n')
  Object.assign(files, described.unowned)
  return createImage({
    layers: [{ files }, ...(described.layers ?? [])],
    config: described.config,
    ...(described.platform === undefined ? {} : { platform: described.platform }),
  })
}

function sumLine(path: string, file: FileDescription): readonly string[] {
  const content =
    typeof file === 'string' || file instanceof Uint8Array
      ? file
      : 'content' in file
        ? file.content
        : undefined
  return content === undefined
    ? []
    : [`${createHash('md5').update(content).digest('hex')}  ${path.slice(1)}\n`]
}
