import type { FileTree } from '@sallyport/image'
import type { LibrarySearch } from '../elf/library-search.ts'
import type { ScriptParser } from '../shell/parse-script.ts'
import type { FileContents } from './file-contents.ts'
import type { ModuleSearch } from './imports/module-search.ts'
import type { UsageEdgeKind } from './usage.ts'

/** What the edges of a file are found with. */
export interface EdgeContext {
  readonly tree: FileTree
  readonly contents: FileContents
  readonly libraries: LibrarySearch
  readonly scripts: ScriptParser
  readonly modules: ModuleSearch
  /** Folders of the image's PATH. */
  readonly searchPath: readonly string[]
  /** Paths that packages own. */
  readonly owned: ReadonlySet<string>
}

/** Takes one edge of the file that is looked at. */
export type AddEdge = (kind: UsageEdgeKind, certain: boolean, path: string, proof?: string) => void
