import type { FileTree } from '@sallyport/image'
import type { Package } from '@sallyport/inventory'
import type { OpenedSystems } from '../systems/open-systems.ts'
import type { FileContents } from './file-contents.ts'
import type { UsageEdge } from './usage.ts'

/** Files of packages that may leave although their interpreter's folders are kept whole. */
export interface LeavingFiles {
  readonly paths: ReadonlySet<string>
  /** Edges of a file, without those that only mean all of a folder, and with those that its text gives. */
  edgesOf(path: string, edges: readonly UsageEdge[], text: string | undefined): readonly UsageEdge[]
  /** What source code refers to that is not followed for anything else, such as modules of a package that stays. */
  leavesOf(leaves: readonly UsageEdge[], contents: FileContents): Promise<readonly UsageEdge[]>
  /** The same for the commands and variables of the configuration. */
  entriesOf(edges: readonly UsageEdge[], texts: readonly string[]): readonly UsageEdge[]
}

/**
 * Makes what decides whether such a package is used. Once one of its files is reached it is used whole, with the
 * packages that it needs. `folder`: where commands of the image start.
 */
export function createLeavingFiles(
  tree: FileTree,
  { leaving, recordPaths, requirementsOf }: Pick<OpenedSystems, 'leaving' | 'recordPaths' | 'requirementsOf'>,
  folder: string,
): LeavingFiles {
  const filesOf = new Map<Package, readonly string[]>()
  const ownerOf = new Map<string, Package>()
  for (const found of leaving.reasons.keys()) {
    const files = [...found.files, ...recordPaths(found)]
    filesOf.set(found, files)
    for (const path of files) ownerOf.set(path, found)
  }
  const references = (from: string, text: string, path?: string): readonly UsageEdge[] =>
    leaving.referredTo(text, path).map((found) => ({
      kind: 'import',
      from,
      to: found.evidence.path,
      certain: false,
      proof: found.name,
    }))
  /** Whether an edge leads to a package only because of a folder that it is in, with others. */
  const isOfFolder = ({ to }: UsageEdge, named: string) => {
    const owner = ownerOf.get(to)
    const end = owner && tree.resolve(named.startsWith('/') ? named : `${folder}/${named}`)
    return (
      end?.type === 'directory' && `${placeOf(owner!)}/`.startsWith(end.path === '/' ? '/' : `${end.path}/`)
    )
  }

  return {
    paths: new Set(ownerOf.keys()),
    edgesOf(path, edges, text) {
      const owner = ownerOf.get(path)
      const isBystander = leaving.isBystander(path)
      const followed = edges.filter((edge) => {
        const target = ownerOf.get(edge.to)
        if (target === undefined || target === owner) return true
        if (edge.kind === 'runtime' || isBystander) return false
        return edge.kind !== 'symlink' || edge.certain || !isOfFolder(edge, path)
      })
      if (!owner)
        return text === undefined || isBystander ? followed : [...followed, ...references(path, text, path)]
      const whole = (to: string, of: Package): UsageEdge => {
        return { kind: 'runtime', from: path, to, certain: false, proof: `${of.name} ${of.version}` }
      }
      const needed = requirementsOf(owner).flatMap(({ satisfiedBy }) => satisfiedBy)
      return [
        ...followed,
        ...filesOf
          .get(owner)!
          .filter((to) => to !== path)
          .map((to) => whole(to, owner)),
        ...needed.filter((one) => filesOf.has(one)).map((one) => whole(one.evidence.path, one)),
      ]
    },
    async leavesOf(leaves, contents) {
      const found: UsageEdge[] = []
      for (const { to } of ownerOf.size > 0 ? leaves : []) {
        const node = tree.get(to)
        // Of more than this nothing is followed elsewhere either.
        if (node?.type !== 'file' || node.size > maxSourceBytes || !sourceFile.test(to)) continue
        const content = leaving.isBystander(to) ? undefined : await contents.read(node)
        if (content?.type === 'text' || content?.type === 'script')
          found.push(...references(to, content.text, to))
      }
      return found
    },
    entriesOf: (edges, texts) => [
      ...edges.filter((edge) => edge.certain || !isOfFolder(edge, folderOf(edge.proof ?? ''))),
      ...texts.flatMap((text) =>
        references(text.slice(0, 200), text).map((edge) => ({ ...edge, kind: 'entry' as const })),
      ),
    ],
  }
}

const sourceFile = /\.(?:py|rb|[cm]?js)$/
const maxSourceBytes = 1024 * 1024

/** The folder that a package lies in with others: around `node_modules/x`, `x.dist-info` or `specifications`. */
function placeOf({ evidence }: Package): string {
  const own = evidence.path.slice(0, evidence.path.lastIndexOf('/'))
  return own.slice(0, own.lastIndexOf('/'))
}

/** What an argument names: itself, or the path that is an option's value. */
const folderOf = (word: string) => /^-[^/]*?=?(\/.*)$/.exec(word)?.[1] ?? word
