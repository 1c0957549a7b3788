import type { FileTree } from '@sallyport/image'
import type { ImportLanguage } from '../source-code.ts'
import type { ImportedName } from './find-imports.ts'
import { createJavaScriptSearch } from './javascript-modules.ts'
import { createPythonSearch } from './python-modules.ts'

/** Finds the files of modules in one image. */
export interface ModuleSearch {
  /** Files that are loaded when the file `from` imports a module, packages around it first; empty when there is none. */
  find(language: ImportLanguage, from: string, imported: ImportedName): Promise<readonly string[]>
}

/** Where modules are looked for besides the usual folders. */
export interface ModuleSearchOptions {
  /** Folders of PYTHONPATH, and the working folder. */
  readonly pythonFolders?: readonly string[] | undefined
  /** Reads a small text file. */
  readonly readText: (path: string) => Promise<string | undefined>
}

/** Makes a search over a tree; what it needs to know of the whole tree is found at the first question. */
export function createModuleSearch(
  tree: FileTree,
  { pythonFolders = [], readText }: ModuleSearchOptions,
): ModuleSearch {
  const python = createPythonSearch(tree, pythonFolders)
  const javascript = createJavaScriptSearch(tree, readText)
  let perl: ReadonlyMap<string, readonly string[]> | undefined
  return {
    async find(language, from, imported) {
      if (language === 'python') return python(from, imported)
      if (language === 'javascript') return javascript(from, imported.name)
      perl ??= indexPerl(tree)
      const path = `/${imported.name.replaceAll('::', '/')}.pm`
      const name = path.slice(path.lastIndexOf('/') + 1)
      return (perl.get(name) ?? []).filter((candidate) => isPerlModule(candidate, path))
    },
  }
}

/** Folders in which Perl looks for modules lie below each other, and have these names. */
const perlFolder = /^(?:perl5?|perl-base|(?:site|vendor|core)_perl|lib(?:64)?|\d+(?:\.\d+)*|[^/]*linux[^/]*)$/

/** Whether a file is the module of a name and not one in a folder of modules: `Debconf/Base.pm` is no `Base`. */
function isPerlModule(candidate: string, path: string): boolean {
  if (!candidate.endsWith(path)) return false
  const [, below] = /\/(?:perl5?|perl-base)(\/.*)?$/.exec(candidate.slice(0, -path.length)) ?? []
  return below === undefined || below.split('/').every((part) => part === '' || perlFolder.test(part))
}

/** Perl's folders differ from one build to the next, so that a module of an application counts wherever it lies. */
function indexPerl(tree: FileTree): ReadonlyMap<string, readonly string[]> {
  const byName = new Map<string, string[]>()
  for (const { path, type } of tree.entries()) {
    if (type === 'directory' || !path.endsWith('.pm')) continue
    const name = path.slice(path.lastIndexOf('/') + 1)
    const paths = byName.get(name)
    if (paths) paths.push(path)
    else byName.set(name, [path])
  }
  return byName
}
