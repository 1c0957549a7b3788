import type { FileTree } from '@sallyport/image'
import type { NamedFiles } from '../elf/find-strings.ts'
import { addConfigurationEdges, isConfiguration } from './configuration-edges.ts'
import type { AddEdge } from './add-edge.ts'
import type { EdgeContext } from './edge-context.ts'
import { addElfEdges } from './elf-edges.ts'
import type { FileContent } from './file-contents.ts'
import { addNamed } from './find-command.ts'
import { filesBelow } from './folder-files.ts'
import { isDescription, isGenerated, isIndexFile } from './ignored-paths.ts'
import { addImports } from './imports/add-imports.ts'
import { withoutPythonTexts } from './imports/find-imports.ts'
import { addJavaDesktop, isJavaCode, isJavaDesktop } from './java-desktop.ts'
import { addPaths } from './path-edges.ts'
import { addQuotedCommands } from './quoted-commands.ts'
import { addRuntime, addRuntimeOfSource } from './runtimes.ts'
import { addScriptEdges, addShellEdges, isRunByShell } from './script-edges.ts'
import { importLanguageOf, isLibraryCode } from './source-code.ts'
import { addSourceLibraries } from './source-libraries.ts'
import { withoutSourceComments } from './without-comments.ts'
import type { EdgesOf } from './usage-graph.ts'
import type { UsageEdge } from './usage.ts'

const nothing: NamedFiles = { paths: [], libraries: [], commands: [], isCut: false }

/** Makes the function that finds the edges leaving a file. */
export function createEdgeFinder(context: EdgeContext): EdgesOf {
  const { tree, contents } = context
  return async (path, isFollowed) => {
    const node = tree.get(path)
    if (!node) return []
    const edges: UsageEdge[] = []
    const add: AddEdge = (kind, certain, to, proof) => {
      if (to === path) return
      // Libraries of one module need each other; whether any of them is used, the application says.
      const isKept = kind !== 'import' && isJavaDesktop(to)
      edges.push({ kind: isKept ? 'runtime' : kind, from: path, to, certain: certain && !isKept, proof })
    }
    if (node.type === 'symlink') {
      addLinkTarget(tree, path, node.linkTarget!, isFollowed, add)
      return edges
    }
    if (node.type !== 'file' || isIndexFile(path)) return edges
    const content = await contents.read(node)
    if (content.type === 'elf') {
      const isKeptOnly = !isFollowed && isJavaDesktop(path)
      addElfEdges(context, node, isKeptOnly ? { ...content, names: nothing } : content, add)
    }
    if (isFollowed && isJavaCode(path)) await addJavaDesktop(context.image, tree, node, context.signal, add)
    if (content.type === 'script' || content.type === 'text') {
      const language = importLanguageOf(path, content.type === 'script' ? content.interpreter : [])
      // A module that nothing imports is kept, and can be run, but what it would start is not.
      const isKeptOnly = !isFollowed && language !== undefined && isLibraryCode(path)
      if (!isKeptOnly) {
        const text = withoutSourceComments(language, content.text)
        if (!isDescription(path)) await addTextEdges(context, node, { ...content, text }, add)
        if (language) await addImports(context, language, path, text, add)
        const isOwned = context.owned.has(path)
        if (language || !isOwned) addSourceLibraries(context, content.text, add)
        if (language || !isOwned)
          addQuotedCommands(
            context,
            language === 'python' ? withoutPythonTexts(text) : text,
            !isOwned && !isLibraryCode(path),
            add,
          )
        if (!isOwned) addRuntimeOfSource(tree, path, language, add)
      } else if (content.type === 'script' && (node.mode & 0o111) !== 0)
        await addScriptEdges(context, node, { ...content, text: '' }, add)
    }
    addRuntime(tree, path, add)
    return edges
  }
}

async function addTextEdges(
  context: EdgeContext,
  node: NonNullable<ReturnType<FileTree['get']>>,
  content: Extract<FileContent, { type: 'script' | 'text' }>,
  add: AddEdge,
): Promise<void> {
  if (content.type === 'script') {
    await addScriptEdges(context, node, content, add)
    return
  }
  if (isRunByShell(node)) await addShellEdges(context, node, content.text, add, new Set([node.path]))
  if (isConfiguration(node.path)) addConfigurationEdges(context, node.path, content.text, add)
  else addPaths(context.tree, content.text, add)
}

function addLinkTarget(
  tree: FileTree,
  path: string,
  linkTarget: string,
  isFollowed: boolean,
  add: AddEdge,
): void {
  const folder = path.slice(0, path.lastIndexOf('/'))
  const target = linkTarget.startsWith('/') ? linkTarget : `${folder}/${linkTarget}`
  if (addNamed(tree, target, (to) => add('symlink', true, to, linkTarget))) return
  const end = tree.resolve(target)
  if (end?.type !== 'directory' || isGenerated(path)) return
  // A second name of a folder of libraries, such as Perl's for its minor versions, is no use of all of them.
  const isAlias = isLibraryCode(path) && isLibraryCode(`${end.path}/`)
  const kind = isFollowed && !isAlias ? 'symlink' : 'runtime'
  for (const to of filesBelow(tree, end.path)) add(kind, false, to, linkTarget)
}
