import { createHash } from 'node:crypto'
import { type DebPackage, readDeb } from './read-deb.ts'
import type { RootFileSystem } from './root-file-system.ts'

const infoFiles = [
  'md5sums',
  'conffiles',
  'preinst',
  'postinst',
  'prerm',
  'postrm',
  'triggers',
  'shlibs',
  'symbols',
]
const moreInfoFiles = ['templates', 'config']

/** Keeps the stanzas of `/var/lib/dpkg/status`. */
export type DpkgStatus = Map<string, string>

/**
 * Unpacks packages into the file system as dpkg would, and enters them into its database: status stanza, file list,
 * checksums, conffiles, maintainer scripts. No maintainer script is run.
 */
export async function installPackages(
  root: RootFileSystem,
  status: DpkgStatus,
  files: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  for (const file of files) {
    signal?.throwIfAborted()
    const deb = await readDeb(file)
    unpack(root, deb)
    register(root, status, deb)
  }
  const stanzas = [...status].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, stanza]) => `${stanza}\n`)
  root.put('/var/lib/dpkg/status', { type: 'file', content: stanzas.join('\n') })
}

function unpack(root: RootFileSystem, { data }: DebPackage): void {
  for (const { header, content } of data) {
    const path = absolute(header.path)
    const { mode, uid, gid, mtime } = header
    switch (header.type) {
      case 'directory':
        // A directory that is there keeps its owner, and /bin and its like are links already.
        if (root.get(path) === undefined) root.put(path, { type: 'directory', mode, uid, gid, mtime })
        break
      case 'file':
        root.put(path, { type: 'file', mode, uid, gid, mtime, content })
        break
      case 'symlink':
        root.put(path, { type: 'symlink', mode: 0o777, uid, gid, mtime, target: header.linkPath })
        break
      case 'hardlink':
        root.link(path, absolute(header.linkPath))
        break
      default:
        throw new Error(`${path}: packages of the samples hold no ${header.type}`)
    }
  }
}

function register(root: RootFileSystem, status: DpkgStatus, deb: DebPackage): void {
  const control = Buffer.from(deb.control.get('control')?.content ?? []).toString('utf8')
  const field = (key: string) => new RegExp(`^${key}: *(.+)$`, 'm').exec(control)?.[1]
  const name = field('Package')
  if (name === undefined) throw new Error('a control file without Package')
  const base = field('Multi-Arch') === 'same' ? `${name}:${field('Architecture')}` : name
  const info = `/var/lib/dpkg/info/${base}`

  const list = deb.data.map(({ header }) => absolute(header.path)).map((path) => (path === '/' ? '/.' : path))
  root.put(`${info}.list`, { type: 'file', content: `${list.join('\n')}\n` })
  for (const kind of [...infoFiles, ...moreInfoFiles]) {
    const entry = deb.control.get(kind)
    if (entry) root.put(`${info}.${kind}`, { type: 'file', mode: entry.header.mode, content: entry.content })
  }
  status.set(name, toStanza(control, conffileLines(deb)))
}

/** `Status` after `Package`, and `Conffiles` before `Description`, as dpkg writes them. */
function toStanza(control: string, conffiles: readonly string[]): string {
  const stanza = control.trimEnd().replace(/^(Package: .+)$/m, '$1\nStatus: install ok installed')
  if (conffiles.length === 0) return stanza
  return stanza.replace(/^Description:/m, `Conffiles:\n${conffiles.join('\n')}\nDescription:`)
}

function conffileLines({ control, data }: DebPackage): string[] {
  const text = Buffer.from(control.get('conffiles')?.content ?? []).toString('utf8')
  const paths = text.split('\n').filter((line) => line.startsWith('/'))
  return paths.map((path) => {
    const entry = data.find(({ header }) => absolute(header.path) === path)
    if (!entry) throw new Error(`conffile ${path} is not in its package`)
    return ` ${path} ${createHash('md5').update(entry.content).digest('hex')}`
  })
}

function absolute(path: string): string {
  return `/${path.replace(/^\.?\/?/, '').replace(/\/$/, '')}`
}
