import type { FileNode } from '@sallyport/image'
import { listFilesBelow } from '../internal/list-files-below.ts'
import { maxMetadataBytes } from '../internal/limits.ts'
import { readText } from '../internal/read-text.ts'
import type { Package } from '../inventory.ts'
import { toPurl } from '../package-url.ts'
import { evidenceOf, type PackageReader, type ReaderContext, readOrReport } from '../reader.ts'
import { type Gemspec, parseGemspec } from './parse-gemspec.ts'

const installedPath = /\/specifications\/(?:[^/]+\/)*[^/]+\.gemspec$/
/** Gems that Bundler took from version control. Their specification is as somebody wrote it. */
const checkedOutPath = /\/bundler\/gems\/[^/]+\/[^/]+\.gemspec$/

/** Finds gems by the specifications that RubyGems keeps, and those that Bundler checked out. */
export const rubyReader: PackageReader = {
  name: 'ruby',
  version: 1,
  selects: ({ path }) => isSpecification(path),
  read: readRuby,
}

const isSpecification = (path: string): boolean => installedPath.test(path) || checkedOutPath.test(path)

interface Found {
  readonly node: FileNode
  readonly spec: Gemspec
  readonly purl: string
  /** Folder that the gem is installed into, with `gems` and `specifications`. */
  readonly home: string
}

async function readRuby(context: ReaderContext): Promise<readonly Package[]> {
  const { image, signal } = context
  const found: Found[] = []
  for (const node of image.tree.entries()) {
    if (node.type !== 'file' || !isSpecification(node.path)) continue
    signal?.throwIfAborted()
    const one = await readOrReport(context, node.path, async () => {
      const spec = parseGemspec(await readText(image, node, { maxBytes: maxMetadataBytes, signal }))
      const { name, version, platform } = spec
      const qualifiers = { platform: platform === 'ruby' ? undefined : platform }
      const purl = toPurl({ type: 'gem', name, version, qualifiers })
      return { node, spec, purl, home: homeOf(node.path) }
    })
    if (one) found.push(one)
  }
  const homes = groupByName(found)
  return found.map(({ node, spec, purl, home }) => {
    const needs = spec.needs.flatMap((name) => {
      // Which of several versions it loads is decided when it runs.
      const [only, ...others] = homes.get(home)?.get(name) ?? []
      return only !== undefined && others.length === 0 && only !== purl ? only : []
    })
    return {
      type: 'gem',
      name: spec.name,
      version: spec.version,
      purl,
      files: listFiles(context, node, spec, home),
      evidence: evidenceOf(image, node, checkedOutPath.test(node.path) ? 'ruby-checkout' : 'ruby-gemspec'),
      license: spec.license,
      dependsOn: needs.length > 0 ? [...new Set(needs)].sort() : undefined,
    }
  })
}

function homeOf(path: string): string {
  const at = checkedOutPath.test(path)
    ? path.lastIndexOf('/bundler/gems/')
    : path.lastIndexOf('/specifications/')
  return path.slice(0, at)
}

function groupByName(found: readonly Found[]): ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>> {
  const homes = new Map<string, Map<string, Set<string>>>()
  for (const { home, spec, purl } of found) {
    const names = homes.get(home) ?? new Map<string, Set<string>>()
    homes.set(home, names)
    names.set(spec.name, (names.get(spec.name) ?? new Set()).add(purl))
  }
  return homes
}

/** The specification, the folder of the gem, what was built for it, and the archive that it was unpacked from. */
function listFiles(
  { image }: ReaderContext,
  { path }: FileNode,
  { name, version, platform }: Gemspec,
  home: string,
): readonly string[] {
  if (checkedOutPath.test(path)) return listFilesBelow(image, path.slice(0, path.lastIndexOf('/')))
  const fullName = platform === 'ruby' ? `${name}-${version}` : `${name}-${version}-${platform}`
  const built = image.tree
    .children(`${home}/extensions`)
    .flatMap(({ path: forPlatform }) => image.tree.children(forPlatform))
    .map(({ path: forRuby }) => `${forRuby}/${fullName}`)
  return [
    path,
    ...[`${home}/gems/${fullName}`, `${home}/cache/${fullName}.gem`, ...built].flatMap((place) =>
      listFilesBelow(image, place),
    ),
  ].sort()
}
