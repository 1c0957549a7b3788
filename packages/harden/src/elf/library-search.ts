import type { FileNode, FileTree } from '@sallyport/image'
import type { TreeView } from '../tree-view.ts'
import type { ElfFile } from './parse-elf.ts'

/** A program or library that asks for another. */
export interface Loader {
  readonly path: string
  readonly elf: ElfFile
}

/** Where the dynamic linker looks for libraries in one image. */
export interface LibrarySearch {
  /** Folders of `ld.so.conf` and the built-in ones, in their order. */
  readonly folders: readonly string[]
  /** The name, links not followed, under which a NEEDED name of `from` is found; `undefined` when there is none. */
  locate(tree: TreeView, from: Loader, name: string): string | undefined
  /** Finds the file that a NEEDED name of `from` loads. */
  find(tree: TreeView, from: Loader, name: string): FileNode | undefined
}

/** Whether a file is a shared library, or a module of a program, by its name. */
export const isLibrary = (path: string): boolean => /\.(?:so(?:\.\d[^/]*)?|node)$/.test(path)

const builtIn = ['/lib64', '/usr/lib64', '/lib', '/usr/lib', '/usr/local/lib', '/lib32', '/usr/lib32']
/** Where musl's linker looks without a path file (musl, ldso/dynlink.c). */
const muslBuiltIn = ['/lib', '/usr/local/lib', '/usr/lib']
/** ELF machine numbers and the triplets of the folders that Debian's linkers have built in. */
const triplets: ReadonlyMap<number, readonly string[]> = new Map([
  [62, ['x86_64-linux-gnu']],
  [183, ['aarch64-linux-gnu']],
  [3, ['i386-linux-gnu']],
  [40, ['arm-linux-gnueabihf', 'arm-linux-gnueabi']],
  [22, ['s390x-linux-gnu']],
  [21, ['powerpc64le-linux-gnu']],
  [243, ['riscv64-linux-gnu']],
  [8, ['mips64el-linux-gnuabi64']],
])
const multiArch = [...triplets.values()]
  .flat()
  .flatMap((triplet) => [`/usr/local/lib/${triplet}`, `/lib/${triplet}`, `/usr/lib/${triplet}`])
const hardwareFolders = ['', '/glibc-hwcaps/x86-64-v4', '/glibc-hwcaps/x86-64-v3', '/glibc-hwcaps/x86-64-v2']

/** Names under which a library lies for newer processors, beside the one for all (ld.so(8): glibc-hwcaps). */
export function hardwareVariants(path: string): readonly string[] {
  const slash = path.lastIndexOf('/')
  return hardwareFolders
    .filter((folder) => folder !== '')
    .map((folder) => `${path.slice(0, slash)}${folder}${path.slice(slash)}`)
}

/** What a search goes by besides the files themselves. */
export interface LibrarySearchOptions {
  /** Folders of `LD_LIBRARY_PATH`. */
  readonly preferred?: readonly string[] | undefined
  /** Text of `/etc/ld-musl-<machine>.path`, when there is one. */
  readonly muslPath?: string | undefined
  /**
   * Where a name is in none of the folders, any library of that name in this tree counts. So are found those that a
   * program finds by the RPATH of its own loader, or by a path that it works out.
   */
  readonly whole?: FileTree | undefined
}

/** Makes a search from the texts of `/etc/ld.so.conf` and `/etc/ld.so.conf.d/*.conf`. */
export function createLibrarySearch(
  configurations: readonly string[],
  { preferred = [], muslPath, whole }: LibrarySearchOptions = {},
): LibrarySearch {
  const configured = configurations.flatMap((text) =>
    text
      .split('\n')
      .map((line) => line.replace(/#.*/, '').trim())
      .filter((line) => line.startsWith('/')),
  )
  const muslFolders = muslPath?.split(/[:\n]/).filter((folder) => folder.startsWith('/')) ?? muslBuiltIn
  const hasMusl = whole?.children(whole.canonicalize('/lib')).some(({ path }) => isMuslLinker(path)) ?? false
  const folders = [
    ...new Set([...preferred, ...configured, ...(hasMusl ? muslFolders : []), ...multiArch, ...builtIn]),
  ]
  const sharedBy = new Map<string, readonly string[]>()
  let byName: ReadonlyMap<string, readonly string[]> | undefined

  /** The folders that do not depend on the file that asks, in the order of its linker. */
  const sharedFolders = (elf: ElfFile, isMusl: boolean): readonly string[] => {
    const key = `${elf.kind} ${isMusl} ${elf.skipsDefaultFolders}`
    let shared = sharedBy.get(key)
    if (!shared) {
      const all = isMusl
        ? muslFolders
        : elf.skipsDefaultFolders
          ? configured
          : [...configured, ...multiArch, ...builtIn]
      sharedBy.set(key, (shared = [...new Set(all)].filter((folder) => fits(folder, elf))))
    }
    return shared
  }

  const locate: LibrarySearch['locate'] = (tree, { path, elf }, name) => {
    const here = path.slice(0, path.lastIndexOf('/'))
    const expand = (list: readonly string[]) => list.flatMap((folder) => expandTokens(folder, here, elf))
    if (name.includes('/')) return expandTokens(name, here, elf).find((candidate) => isFile(tree, candidate))
    const isMusl = usesMusl(elf) || (hasMusl && elf.interpreter === undefined && !usesGlibc(elf))
    const shared = sharedFolders(elf, isMusl)
    // glibc: RPATH counts only without RUNPATH, and before LD_LIBRARY_PATH (ld.so(8)); to musl both are one.
    const searched = isMusl
      ? [...preferred, ...expand(elf.rpath), ...expand(elf.runpath), ...shared]
      : elf.runpath.length > 0
        ? [...preferred, ...expand(elf.runpath), ...shared]
        : [...expand(elf.rpath), ...preferred, ...shared]
    for (const folder of searched) {
      for (const hardware of isMusl ? [''] : hardwareFolders) {
        const candidate = `${folder}${hardware}/${name}`
        if (isFile(tree, candidate)) return candidate
      }
    }
    byName ??= indexLibraries(whole)
    return byName.get(name)?.find((candidate) => fits(candidate, elf) && isFile(tree, candidate))
  }
  return {
    folders,
    locate,
    find(tree, from, name) {
      const found = locate(tree, from, name)
      return found === undefined ? undefined : tree.resolve(found)
    },
  }
}

const isMuslLinker = (path: string) => /\/ld-musl-[^/]+\.so\.1$/.test(path)
const usesMusl = ({ interpreter = '', needed }: ElfFile) =>
  isMuslLinker(interpreter) || needed.some((name) => name.startsWith('libc.musl-'))
const usesGlibc = ({ needed }: ElfFile) => needed.includes('libc.so.6')

/** Whether a folder can hold libraries of this machine: Debian keeps each architecture apart. */
function fits(path: string, { kind }: ElfFile): boolean {
  const [width, , machine] = kind.split('.').map(Number)
  const triplet = /\/([a-z0-9_]+-linux-gnu[a-z0-9]*)(?:\/|$)/.exec(path)?.[1]
  if (triplet !== undefined) return triplets.get(machine!)?.includes(triplet) ?? true
  if (/^(?:\/usr)?\/lib32(?:\/|$)/.test(path)) return width === 1
  return !/^(?:\/usr)?\/lib64(?:\/|$)/.test(path) || width === 2
}

function indexLibraries(tree: FileTree | undefined): ReadonlyMap<string, readonly string[]> {
  const byName = new Map<string, string[]>()
  for (const { path, type } of tree?.entries() ?? []) {
    if (type === 'directory' || !path.includes('.so')) continue
    const name = path.slice(path.lastIndexOf('/') + 1)
    if (!isLibrary(name)) continue
    const paths = byName.get(name)
    if (paths) paths.push(path)
    else byName.set(name, [path])
  }
  return byName
}

/** `$ORIGIN`, `$LIB` and `$PLATFORM` (ld.so(8)). */
function expandTokens(folder: string, origin: string, { kind }: ElfFile): readonly string[] {
  const placed = folder.replaceAll(/\$(?:ORIGIN\b|\{ORIGIN\})/g, origin || '/')
  if (!placed.includes('$')) return [placed]
  const libraries = [
    'lib',
    'lib64',
    ...(triplets.get(Number(kind.split('.')[2])) ?? []).map((one) => `lib/${one}`),
  ]
  return libraries.map((library) =>
    placed.replaceAll(/\$(?:LIB\b|\{LIB\})/g, library).replaceAll(/\$(?:PLATFORM\b|\{PLATFORM\})/g, 'x86_64'),
  )
}

function isFile(tree: TreeView, path: string): boolean {
  return tree.resolve(path)?.type === 'file'
}
