import type { Image } from '@sallyport/image'
import type { Package } from '@sallyport/inventory'
import type { LibrarySearch } from '../elf/library-search.ts'
import type { OpenDependency } from '../harden-result.ts'
import type { OpenedSystems } from '../systems/open-systems.ts'
import type { UsageAnalysis } from '../usage/analyze-usage.ts'
import { createFileContents, type FileContents } from '../usage/file-contents.ts'
import { type LinkerFile, readLinkerFiles, searchLibraries } from '../usage/linker-files.ts'

/** One side of a comparison, as the laws see it. */
export interface ComparedSide {
  readonly image: Image
  readonly packages: readonly Package[]
  readonly systems: Pick<
    OpenedSystems,
    'requirementsOf' | 'listedPaths' | 'recordPaths' | 'refusals' | 'wanted'
  >
  readonly contents: Pick<FileContents, 'read'>
  /** Libraries of the folders that the linker is told of. */
  readonly configured: LibrarySearch
  /** Libraries wherever they are: those of a loader's own path. */
  readonly libraries: LibrarySearch
  /** The files that tell the linker of folders. */
  readonly linkerFiles: readonly LinkerFile[]
}

/** An image before and after, the one there or planned. */
export interface Comparison {
  readonly before: ComparedSide
  readonly after: ComparedSide
  /** Packages that only the image before has. */
  readonly removed: readonly Package[]
  /** Packages that have another version, by what they were. */
  readonly upgraded: ReadonlyMap<Package, Package>
  /** Regular files of both sides with other content. */
  readonly changed: ReadonlySet<string>
  /** Whether a command of the image may come to use this file. */
  isUsed(path: string): boolean
  readonly commands?: readonly (readonly string[])[] | undefined
  readonly openDependencies: readonly OpenDependency[]
}

/** What {@link compareImages} needs to know of one side. */
export type SideInput = Pick<ComparedSide, 'image' | 'packages' | 'systems'>

/** Prepares what the laws are checked on. `analysis` is that of the image before. */
export async function compareImages(
  before: SideInput,
  after: SideInput,
  {
    analysis,
    changed,
    commands,
    openDependencies = [],
    signal,
  }: {
    readonly analysis: Pick<UsageAnalysis, 'contents' | 'unresolved'> & Partial<Pick<UsageAnalysis, 'graph'>>
    readonly changed: ReadonlySet<string>
    readonly commands?: readonly (readonly string[])[] | undefined
    readonly openDependencies?: readonly OpenDependency[] | undefined
    readonly signal?: AbortSignal | undefined
  },
): Promise<Comparison> {
  const contentsAfter = createFileContents(after.image, new Set(), signal)
  const read: FileContents['read'] = (node) => {
    const was = changed.has(node.path) ? undefined : before.image.tree.get(node.path)
    return was?.type === 'file' ? analysis.contents.read(was) : contentsAfter.read(node)
  }
  return {
    before: { ...before, contents: analysis.contents, ...(await searchesOf(before.image, signal)) },
    after: { ...after, contents: { read }, ...(await searchesOf(after.image, signal)) },
    ...matchPackages(before.packages, after.packages),
    changed,
    isUsed: (path) =>
      analysis.unresolved !== undefined ||
      before.image.tree.get(path) === undefined ||
      analysis.graph?.usageOf(path) !== 'present',
    commands,
    openDependencies,
  }
}

/** Pairs packages by purl and the record that names them, then by name alone: those have another version. */
function matchPackages(
  before: readonly Package[],
  after: readonly Package[],
): Pick<Comparison, 'removed' | 'upgraded'> {
  const left = groupBy(after, exactKey)
  const gone = before.filter((found) => left.get(exactKey(found))?.pop() === undefined)
  const fresh = groupBy([...left.values()].flat(), nameKey)
  const upgraded = new Map<Package, Package>()
  for (const found of gone) {
    const now = fresh.get(nameKey(found))?.pop()
    if (now) upgraded.set(found, now)
  }
  return { upgraded, removed: gone.filter((found) => !upgraded.has(found)) }
}

const exactKey = ({ purl, evidence }: Package) => `${purl} ${evidence.path}`
const nameKey = ({ type, name, arch, evidence }: Package) => `${type} ${name} ${arch} ${evidence.path}`

function groupBy(packages: readonly Package[], key: (found: Package) => string): Map<string, Package[]> {
  const groups = new Map<string, Package[]>()
  for (const found of packages) {
    const group = groups.get(key(found))
    if (group) group.push(found)
    else groups.set(key(found), [found])
  }
  return groups
}

async function searchesOf(
  image: Image,
  signal: AbortSignal | undefined,
): Promise<Pick<ComparedSide, 'configured' | 'libraries' | 'linkerFiles'>> {
  const linkerFiles = await readLinkerFiles(image, signal)
  return {
    linkerFiles,
    configured: searchLibraries(image, linkerFiles),
    libraries: searchLibraries(image, linkerFiles, image.tree),
  }
}
