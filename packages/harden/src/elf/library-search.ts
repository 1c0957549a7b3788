import type { FileNode } from '@sallyport/image'
import type { TreeView } from '../tree-view.ts'
import type { ElfFile } from './parse-elf.ts'

/** Where the dynamic linker looks for libraries in one image. */
export interface LibrarySearch {
  /** Folders of `ld.so.conf` and the built-in ones, in their order. */
  readonly folders: readonly string[]
  /** Finds the file that a NEEDED name of `from` loads; `undefined` when there is none. */
  find(
    tree: TreeView,
    from: { readonly path: string; readonly elf: ElfFile },
    name: string,
  ): FileNode | undefined
}

const builtIn = ['/lib64', '/usr/lib64', '/lib', '/usr/lib', '/usr/local/lib']
/** musl's list, when there is no /etc/ld-musl-*.path, and the multi-arch folders that Debian's linkers have built in. */
const multiArch = ['x86_64', 'aarch64', 'i386', 'arm', 's390x', 'powerpc64le', 'riscv64', 'mips64el'].flatMap(
  (machine) => {
    const triplet = `${machine}-linux-gnu${machine === 'arm' ? 'eabihf' : machine === 'mips64el' ? 'abi64' : ''}`
    return [`/lib/${triplet}`, `/usr/lib/${triplet}`]
  },
)
const hardwareFolders = ['', '/glibc-hwcaps/x86-64-v4', '/glibc-hwcaps/x86-64-v3', '/glibc-hwcaps/x86-64-v2']

/** Makes a search from the texts of `/etc/ld.so.conf` and `/etc/ld.so.conf.d/*.conf`. */
export function createLibrarySearch(configurations: readonly string[]): LibrarySearch {
  const configured = configurations.flatMap((text) =>
    text
      .split('\n')
      .map((line) => line.replace(/#.*/, '').trim())
      .filter((line) => line.startsWith('/')),
  )
  const folders = [...new Set([...configured, ...multiArch, ...builtIn])]

  return {
    folders,
    find(tree, { path, elf }, name) {
      if (name.includes('/')) return fileAt(tree, expandOrigin(name, path))
      // RPATH counts only without RUNPATH (ld.so(8)).
      const own = (elf.runpath.length > 0 ? elf.runpath : elf.rpath).map((folder) =>
        expandOrigin(folder, path),
      )
      for (const folder of [...own, ...folders]) {
        for (const hardware of hardwareFolders) {
          const found = fileAt(tree, `${folder}${hardware}/${name}`)
          if (found) return found
        }
      }
      return undefined
    },
  }
}

function expandOrigin(folder: string, path: string): string {
  return folder.replaceAll(/\$\{?ORIGIN\}?/g, path.slice(0, path.lastIndexOf('/')) || '/')
}

function fileAt(tree: TreeView, path: string): FileNode | undefined {
  const node = tree.resolve(path)
  return node?.type === 'file' ? node : undefined
}
