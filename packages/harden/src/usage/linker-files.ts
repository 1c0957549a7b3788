import type { FileTree, Image } from '@sallyport/image'
import { createLibrarySearch, type LibrarySearch } from '../elf/library-search.ts'
import { libraryPathOf } from './find-roots.ts'

/** A file that tells the dynamic linker where to look. */
export interface LinkerFile {
  readonly path: string
  readonly text: string
}

const maxBytes = 1024 * 1024

/** Reads the folders that the dynamic linkers of an image are told of: `ld.so.conf` of glibc, one file a machine of musl. */
export async function readLinkerFiles(
  image: Pick<Image, 'tree' | 'readFile'>,
  signal: AbortSignal | undefined,
): Promise<readonly LinkerFile[]> {
  const { tree } = image
  const nodes = [
    tree.resolve('/etc/ld.so.conf'),
    ...tree.children(tree.canonicalize('/etc/ld.so.conf.d')),
    ...tree.children(tree.canonicalize('/etc')).filter(({ path }) => isMuslPath(path)),
  ]
  const files: LinkerFile[] = []
  for (const node of nodes) {
    const file = node && tree.resolve(node.path)
    if (file?.type !== 'file') continue
    const bytes = await image.readFile(file, { maxBytes, signal })
    files.push({ path: node!.path, text: Buffer.from(bytes).toString('utf8') })
  }
  return files
}

/** Looks libraries up as the linker does, and with `whole` in the other folders of that tree too, as loaders of their own path do. */
export function searchLibraries(
  image: Pick<Image, 'config'>,
  files: readonly LinkerFile[],
  whole?: FileTree,
): LibrarySearch {
  return createLibrarySearch(
    files.filter(({ path }) => !isMuslPath(path)).map(({ text }) => text),
    { preferred: libraryPathOf(image), muslPath: files.find(({ path }) => isMuslPath(path))?.text, whole },
  )
}

const isMuslPath = (path: string) => /\/ld-musl-[^/]+\.path$/.test(path)
