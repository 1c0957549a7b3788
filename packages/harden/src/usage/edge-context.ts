import type { FileTree, Image } from '@sallyport/image'
import type { LibrarySearch } from '../elf/library-search.ts'
import type { ScriptParser } from '../shell/parse-script.ts'
import type { FileContents } from './file-contents.ts'
import type { ModuleSearch } from './imports/module-search.ts'

/** What the edges of a file are found with. */
export interface EdgeContext {
  readonly image: Pick<Image, 'readFile'>
  readonly tree: FileTree
  readonly contents: FileContents
  readonly libraries: LibrarySearch
  readonly scripts: ScriptParser
  readonly modules: ModuleSearch
  /** Folders of the image's PATH. */
  readonly searchPath: readonly string[]
  /** Paths that packages own. */
  readonly owned: ReadonlySet<string>
  readonly signal?: AbortSignal | undefined
}
