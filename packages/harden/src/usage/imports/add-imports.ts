import type { AddEdge } from '../add-edge.ts'
import type { EdgeContext } from '../edge-context.ts'
import type { ImportLanguage } from '../source-code.ts'
import { findImports } from './find-imports.ts'

/** Edges to the files of the modules that source code names. */
export async function addImports(
  { modules }: Pick<EdgeContext, 'modules'>,
  language: ImportLanguage,
  path: string,
  text: string,
  add: AddEdge,
): Promise<void> {
  for (const imported of findImports(language, text)) {
    for (const file of await modules.find(language, path, imported))
      add('import', imported.isCertain, file, imported.name)
  }
}
