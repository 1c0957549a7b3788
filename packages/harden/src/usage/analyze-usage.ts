import type { Digest } from '@sallyport/core'
import type { Image } from '@sallyport/image'
import type { Inventory } from '@sallyport/inventory'
import type { LibrarySearch } from '../elf/library-search.ts'
import { HardenError } from '../errors.ts'
import { bindEvidence } from '../evidence/bind-evidence.ts'
import { findTraced } from '../evidence/find-traced.ts'
import {
  coverageOf,
  findCoverageGap,
  type TraceCoverage,
  type TraceOnlyOptions,
} from '../evidence/trace-coverage.ts'
import type { UsageEvidence } from '../evidence/usage-evidence.ts'
import { createScriptParser } from '../shell/parse-script.ts'
import type { OpenedSystems } from '../systems/open-systems.ts'
import { createBuiltLinks } from './built-links.ts'
import { entryCommands } from './entry-commands.ts'
import { createFileContents, type FileContents } from './file-contents.ts'
import { allDataPacks, type DataPack, findDataPacks, usesTerminals } from './data-packs.ts'
import { describePackage, describeUnresolved, isSystemPackage } from './describe-packages.ts'
import { commandNames } from './find-command.ts'
import { createEdgeFinder } from './find-edges.ts'
import { findEntries, findUnowned, findVariables, pythonFoldersOf, searchPathOf } from './find-roots.ts'
import { isIndexFile } from './ignored-paths.ts'
import { createModuleSearch } from './imports/module-search.ts'
import { createLeavingFiles } from './leaving-files.ts'
import { readLinkerFiles, searchLibraries } from './linker-files.ts'
import { findUnknowable } from './find-unknowable.ts'
import { buildUsageGraph, type EdgesOf, type UsageGraph } from './usage-graph.ts'
import type { PackageUsage, UsageEdge } from './usage.ts'

/** Options of {@link analyzeUsage}. */
export interface AnalyzeUsageOptions {
  /** Commands besides those of the configuration that the image must still run: probes, hooks, cron. */
  readonly commands?: readonly (readonly string[])[] | undefined
  /** Databases of the image; without them each package of a language counts as used with its interpreter. */
  readonly systems?: Pick<OpenedSystems, 'leaving' | 'recordPaths' | 'requirementsOf'> | undefined
  /** Data that stays although no program names it. Default: all packs. */
  readonly dataPacks?: readonly DataPack[] | undefined
  /** Files of packages that somebody declared not to be needed: only certain edges reach them. */
  readonly dropped?: ReadonlySet<string> | undefined
  /** Paths that count as used, with the edge that says why. */
  readonly roots?: readonly UsageEdge[] | undefined
  /** Recordings of containers of this image. They add to what is used; see `traceOnly` for the other way round. */
  readonly evidence?: readonly UsageEvidence[] | undefined
  /**
   * Digests besides the image's own that `evidence` may name: of an index that holds it, or of the image that it was
   * made from.
   */
  readonly evidenceOf?: readonly Digest[] | undefined
  /**
   * Let what is merely possible count as unused: of what no recording shows, only what the commands and the recorded
   * files need for certain is reached. Needs complete recordings and a smoke test of the result. Default: off.
   */
  readonly traceOnly?: TraceOnlyOptions | undefined
  readonly signal?: AbortSignal | undefined
}

/** What an image uses, as far as it can be told without running it. */
export interface UsageAnalysis {
  /** One entry for each package of the inventory, in its order. */
  readonly packages: readonly PackageUsage[]
  /** What is reached, and by which edges. */
  readonly graph: UsageGraph
  /** Contents of the files that were read. */
  readonly contents: FileContents
  /** Where programs find their libraries. */
  readonly libraries: LibrarySearch
  /**
   * What the recordings can tell. Unless it is `complete`, what is executed or loaded is not known: `linked` and
   * `possible` count in its place.
   */
  readonly coverage: TraceCoverage
  /**
   * Why it can't be told what the image uses: it has no entry point, or one that starts what its own configuration
   * or a user names, or a program that can't be read. Every package then counts as `possible`.
   */
  readonly unresolved?: string | undefined
}

/**
 * Finds what the image's commands reach, by static analysis of programs, scripts and configuration, and by recordings.
 *
 * @throws {HardenError} `EVIDENCE_MISMATCH` when a recording is of another image.
 * @throws {HardenError} `EVIDENCE_INCOMPLETE` with `traceOnly`, when the recordings have less than it asks for.
 * @throws {HardenError} `LIMIT_EXCEEDED` when the recordings have too many patterns of paths.
 */
export async function analyzeUsage(
  image: Image,
  inventory: Inventory,
  {
    commands,
    systems,
    dataPacks = allDataPacks,
    dropped,
    roots = [],
    evidence = [],
    evidenceOf,
    traceOnly,
    signal,
  }: AnalyzeUsageOptions = {},
): Promise<UsageAnalysis> {
  bindEvidence(evidence, image, evidenceOf)
  const { tree } = image
  const searchPath = searchPathOf(image)
  const contents = createFileContents(image, commandNames(tree, searchPath), signal)
  const modules = createModuleSearch(tree, {
    pythonFolders: pythonFoldersOf(image),
    async readText(path) {
      const node = tree.resolve(path)
      const content = node && (await contents.read(node))
      return content?.type === 'text' || content?.type === 'script' ? content.text : undefined
    },
  })
  const scripts = await createScriptParser()
  const libraries = searchLibraries(image, await readLinkerFiles(image, signal), tree)
  let entries: readonly UsageEdge[] = []
  let unresolved: string | undefined
  try {
    entries = [
      ...(await findEntries(image, { scripts, contents, modules }, commands)),
      ...findVariables(image, libraries.folders),
    ]
  } catch (error) {
    if (!(error instanceof HardenError) || error.code !== 'ENTRYPOINT_UNRESOLVED') throw error
    unresolved = error.message
  }
  const owned = new Set(
    inventory.packages.filter(({ type }) => isSystemPackage(type)).flatMap(({ files }) => files),
  )
  const edgesOf = createEdgeFinder({
    image,
    tree,
    signal,
    contents,
    libraries,
    scripts,
    modules,
    searchPath,
    owned,
  })
  const leaving = systems && createLeavingFiles(tree, systems, image.config.config?.WorkingDir || '/')
  const unowned = findUnowned(
    tree,
    leaving ? owned.union(leaving.paths) : owned,
    createBuiltLinks(tree, inventory.packages),
  )
  const counted = (edges: readonly UsageEdge[]) =>
    dropped?.size ? edges.filter(({ certain, to }) => certain || !dropped.has(to)) : edges
  const follow: EdgesOf = async (path, isFollowed) => {
    signal?.throwIfAborted()
    const edges = counted(await edgesOf(path, isFollowed))
    if (!leaving || leaving.paths.size === 0) return edges
    const node = tree.get(path)
    const content = node?.type === 'file' && !isIndexFile(path) ? await contents.read(node) : undefined
    const text = content?.type === 'text' || content?.type === 'script' ? content.text : undefined
    return leaving.edgesOf(path, edges, text)
  }
  if (leaving) {
    const words = entryCommands(image.config, commands).map((command) => command.words.join(' '))
    entries = leaving.entriesOf(entries, [...words, ...(image.config.config?.Env ?? [])])
  }
  const traced = await findTraced(tree, contents, searchPathOf(image), evidence)
  const gap = traceOnly && findCoverageGap(evidence, traced.matched, traceOnly)
  if (gap !== undefined) throw new HardenError('EVIDENCE_INCOMPLETE', gap)
  const isCertain = ({ certain }: UsageEdge) => certain
  const referred = (await leaving?.leavesOf(unowned.leaves, contents)) ?? []
  const packsOf = (reached: Iterable<string>) =>
    counted(findDataPacks(tree, dataPacks, usesTerminals(reached)))
  const graph = traceOnly
    ? await buildUsageGraph(
        [...entries, ...roots].filter(isCertain),
        async (path, isFollowed) => (await follow(path, isFollowed)).filter(isCertain),
        (reached) => [...packsOf(reached), ...unowned.roots, ...unowned.leaves],
        traced,
      )
    : await buildUsageGraph(
        [...counted([...entries, ...referred]), ...unowned.roots, ...roots],
        follow,
        (reached) => [...packsOf(reached), ...unowned.leaves],
        traced,
      )
  unresolved ??= findUnknowable(image, graph, commands) ?? describeUnknown(contents)
  const packages = inventory.packages.map((found) =>
    unresolved === undefined ? describePackage(graph, found) : describeUnresolved(graph, found),
  )
  return { packages, graph, contents, libraries, coverage: coverageOf(evidence), unresolved }
}

function describeUnknown(contents: FileContents): string | undefined {
  const [first] = contents.unknown()
  return first && `it can't be told what ${first[0]} needs: ${first[1]}`
}
