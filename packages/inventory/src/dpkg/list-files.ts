import type { FileNode, FileTree } from '@sallyport/image'
import { maxFileListBytes } from '../internal/limits.ts'
import { quote } from '../internal/quote.ts'
import { readText } from '../internal/read-text.ts'
import { type ReaderContext, readOrReport } from '../reader.ts'
import type { Diversion } from './parse-diversions.ts'

/** The paths that a package's own metadata lists, as written there: directories too, links in parents not followed. */
export interface ListedPaths {
  readonly paths: readonly string[]
  readonly conffiles: readonly string[]
}

/**
 * Reads which paths a package says it owns: `.list`, else (images made without dpkg have none) `.md5sums`; and its
 * `.conffiles`.
 */
export async function readListedPaths(
  context: ReaderContext,
  metadata: readonly FileNode[],
): Promise<ListedPaths> {
  const read = async (suffix: string, parse: (line: string) => string) => {
    const node = metadata.find(({ path }) => path.endsWith(suffix))
    if (!node) return undefined
    return await readOrReport(context, node.path, async () => {
      const { image, signal } = context
      const text = await readText(image, node, { maxBytes: maxFileListBytes, signal })
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => checkParts(parse(line)))
    })
  }
  const conffiles = (await read('.conffiles', parseConffileLine)) ?? []
  const paths = (await read('.list', parseListLine)) ?? (await read('.md5sums', parseSumLine)) ?? []
  return { paths: [...paths, ...conffiles], conffiles }
}

/** Replaces paths that another package, or the administrator, diverted (dpkg-divert(1)). */
export function applyDiversions(
  paths: readonly string[],
  name: string,
  diversions: readonly Diversion[],
): readonly string[] {
  const moved = new Map(
    diversions.filter((diversion) => diversion.package !== name).map(({ from, to }) => [from, to]),
  )
  return moved.size === 0 ? paths : paths.map((path) => moved.get(path) ?? path)
}

/** The folder of each path: what packages call a directory, also where the image has a link instead. */
export function collectFolders(paths: Iterable<string>, into: Set<string>): void {
  for (const path of paths) into.add(path.slice(0, path.lastIndexOf('/')))
}

/**
 * The regular files and links that a list really stands for: names are followed through links in their parents (a
 * merged `/usr`). Directories belong to nobody, nor do links that packages list as the directories they were, such as
 * `/bin`.
 */
export function toOwnedFiles(
  tree: FileTree,
  paths: readonly string[],
  folders: ReadonlySet<string>,
): readonly string[] {
  const owned = new Set<string>()
  for (const path of paths) {
    const node = tree.get(tree.canonicalize(path))
    if (!node || node.type === 'directory') continue
    if (node.type === 'symlink' && (folders.has(path) || systemLink.test(node.path))) {
      if (tree.resolve(node.path)?.type === 'directory') continue
    }
    owned.add(node.path)
  }
  return [...owned].sort()
}

const systemLink = /^\/(?:bin|sbin|lib|lib32|lib64|libx32|libo32)$/

/** dpkg writes no such path, and whose file it would be depends on links. */
function checkParts(path: string): string {
  if (/(?:^|\/)\.\.(?:\/|$)/.test(path)) throw new SyntaxError(`a path with "..": ${quote(path)}`)
  return path
}

function parseListLine(line: string): string {
  if (!line.startsWith('/')) throw new SyntaxError(`not an absolute path: ${quote(line)}`)
  return line === '/.' ? '/' : line
}

function parseSumLine(line: string): string {
  const path = /^[0-9a-f]{32} [ *](.+)$/.exec(line)?.[1]
  if (path === undefined) throw new SyntaxError(`not a checksum and a path: ${quote(line)}`)
  return `/${path.replace(/^(?:\.?\/)+/, '')}`
}

function parseConffileLine(line: string): string {
  const path = /^(?:[a-z-]+ )?(\/.*)$/.exec(line)?.[1]
  if (path === undefined) throw new SyntaxError(`not a path of a conffile: ${quote(line)}`)
  return path
}
