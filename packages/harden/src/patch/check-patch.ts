import type { FileNode, Image } from '@sallyport/image'
import type { Inventory, Package } from '@sallyport/inventory'
import { createLibrarySearch } from '../elf/library-search.ts'
import { type ElfFile, parseElf } from '../elf/parse-elf.ts'
import { findLayerEntries } from '../invariants/check-layers.ts'
import type { CheckedInvariant, Violation } from '../invariants/invariant.ts'
import type { PackageEdit } from './package-edit.ts'

/** An image with the packages that were read from it. */
export interface InventoriedImage {
  readonly image: Image
  readonly inventory: Inventory
}

const maxElfBytes = 512 * 1024 * 1024

/**
 * Checks a patched image against the one before. The laws are those of hardening, read for an image that gains files:
 * see docs/hardening.md.
 *
 * @param versions - what the patched packages are expected to be now
 */
export async function checkPatch(
  before: InventoriedImage,
  after: InventoriedImage,
  versions: ReadonlyMap<Package, string>,
  edit: PackageEdit,
  signal: AbortSignal | undefined,
): Promise<readonly CheckedInvariant[]> {
  const gone = new Set([...edit.remove].filter((path) => !edit.add.has(path)))
  return [
    { id: 'I1', violations: checkLinks(before.image, after.image) },
    { id: 'I2', violations: await checkLibraries(before.image, after.image, signal) },
    { id: 'I6', violations: checkDatabase(after, versions) },
    { id: 'I7', violations: checkPaths(before.image, after.image, gone, edit) },
    { id: 'I8', violations: checkMetadata(before.image, after.image, edit) },
    { id: 'I9', violations: checkInventory(before.inventory, after.inventory, versions, edit) },
    { id: 'I11', violations: await checkLayers() },
    { id: 'I13', violations: checkConfig(before.image, after.image) },
  ]

  /** I11: nothing is left of what went, and the old content of what was written anew is in no layer. */
  async function checkLayers(): Promise<readonly Violation[]> {
    const remaining = new Set(after.image.layers.map(({ diffId }) => diffId))
    const changed = [...edit.replace.keys(), ...[...edit.remove].filter((path) => edit.add.has(path))]
    const touched = new Set(changed.flatMap((path) => before.image.tree.get(path)?.layer ?? []))
    const kept = [...touched].filter((layer) => remaining.has(before.image.layers[layer]!.diffId))
    return [
      ...kept.map((layer) => ({ message: `layer ${layer} is there with old bytes` })),
      ...(await findLayerEntries(
        after.image,
        before.image.tree,
        { removed: gone, changed: new Set() },
        signal,
      )),
    ]
  }
}

/** I1: no link leads nowhere that led somewhere, and no new one does, unless its package excludes what it leads to. */
function checkLinks({ tree: before }: Image, { tree: after }: Image): readonly Violation[] {
  const violations: Violation[] = []
  for (const { path, type } of after.entries()) {
    if (type !== 'symlink' || after.resolve(path)) continue
    if (before.get(path)?.type === 'symlink' && !before.resolve(path)) continue
    if (!before.get(path) && isDocumentation(path)) continue
    violations.push({ message: `${path} leads nowhere` })
  }
  return violations
}

const isDocumentation = (path: string) => /^\/usr\/share\/(?:doc|man|info|locale)\//.test(path)

/** I2: what an ELF file finds of its libraries and interpreter it still finds, and a new one finds all. */
async function checkLibraries(
  before: Image,
  after: Image,
  signal: AbortSignal | undefined,
): Promise<readonly Violation[]> {
  const searches = await Promise.all([before, after].map((image) => librarySearch(image, signal)))
  const [searchBefore, searchAfter] = searches as [(typeof searches)[0], (typeof searches)[0]]
  const violations: Violation[] = []
  for (const node of after.tree.entries()) {
    const elf = await readElf(after, node, signal)
    if (!elf) continue
    const from = { path: node.path, elf }
    const isNew = !before.tree.get(node.path)
    for (const name of elf.needed) {
      if (searchAfter.find(after.tree, from, name)) continue
      if (isNew || searchBefore.find(before.tree, from, name))
        violations.push({ message: `${node.path} needs ${name}` })
    }
    const { interpreter } = elf
    if (interpreter && !after.tree.resolve(interpreter) && (isNew || before.tree.resolve(interpreter)))
      violations.push({ message: `${node.path} is loaded by ${interpreter}` })
  }
  return violations
}

async function librarySearch(image: Image, signal: AbortSignal | undefined) {
  const folder = image.tree.resolve('/etc/ld.so.conf.d')
  const paths = [
    '/etc/ld.so.conf',
    ...(folder ? image.tree.children(folder.path).map(({ path }) => path) : []),
  ]
  const texts: string[] = []
  for (const path of paths) {
    const node = image.tree.resolve(path)
    if (node?.type !== 'file') continue
    texts.push(Buffer.from(await image.readFile(node, { maxBytes: 1024 * 1024, signal })).toString('utf8'))
  }
  return createLibrarySearch(texts, { whole: image.tree })
}

async function readElf(
  image: Image,
  node: FileNode,
  signal: AbortSignal | undefined,
): Promise<ElfFile | undefined> {
  if (node.type !== 'file' || node.size < 64) return undefined
  const start = Buffer.from(await image.readRange(node, { offset: 0, length: 4 }, { signal }))
  if (start.toString('latin1') !== '\x7fELF') return undefined
  return parseElf(await image.readFile(node, { maxBytes: maxElfBytes, signal }))
}

/** I6: a patched package owns something, and what it owned and does not any more is gone or somebody else's. */
function checkDatabase(
  after: InventoriedImage,
  versions: ReadonlyMap<Package, string>,
): readonly Violation[] {
  const owned = new Set(after.inventory.packages.flatMap(({ files }) => files))
  const violations: Violation[] = []
  for (const found of versions.keys()) {
    for (const path of found.files) {
      if (after.image.tree.get(path) && !owned.has(path))
        violations.push({ message: `${path} of ${found.name} ${found.version} is still there` })
    }
    const now = after.inventory.packages.find((one) => keyOf(one) === keyOf(found))
    if (found.files.length > 0 && now?.files.length === 0)
      violations.push({ message: `${found.name} owns no file any more` })
  }
  return violations
}

/** I7: exactly the planned paths are gone, and exactly the planned ones are new. */
function checkPaths(
  { tree: before }: Image,
  { tree: after }: Image,
  gone: ReadonlySet<string>,
  { add }: PackageEdit,
): readonly Violation[] {
  const violations: Violation[] = []
  for (const { path } of before.entries()) {
    if (gone.has(path) === (after.get(path) !== undefined))
      violations.push({ message: `${path} is ${gone.has(path) ? 'still there' : 'gone'}` })
  }
  for (const { path } of after.entries())
    if (!before.get(path) && !add.has(path)) violations.push({ message: `${path} is new` })
  return violations
}

/** I8: mode, owner and extended attributes of every path that stays of its type; all metadata of what is not written anew. */
function checkMetadata(
  { tree: before }: Image,
  { tree: after }: Image,
  { add }: PackageEdit,
): readonly Violation[] {
  const violations: Violation[] = []
  for (const node of after.entries()) {
    const was = before.get(node.path)
    if (!was || was.type !== node.type) continue
    const isNew = add.has(node.path)
    if (describe(was, isNew) !== describe(node, isNew))
      violations.push({ message: `${node.path} has other metadata` })
  }
  return violations
}

function describe({ mode, uid, gid, mtime, linkTarget, xattrs }: FileNode, isNew: boolean): string {
  const attributes = [...xattrs]
    .map(([name, value]) => `${name}=${Buffer.from(value).toString('hex')}`)
    .sort()
  return [mode, uid, gid, ...(isNew ? [] : [mtime, linkTarget ?? '']), ...attributes].join(' ')
}

/**
 * I9: the packages are those from before, the patched ones in their new versions, of the same distribution, with no new
 * gap. What was found inside a file that is written anew, such as a Python module of a patched package, may have another
 * version and place, and has to be there.
 */
function checkInventory(
  before: Inventory,
  after: Inventory,
  versions: ReadonlyMap<Package, string>,
  { remove, add }: PackageEdit,
): readonly Violation[] {
  const describePackage = (found: Package): string => {
    const { type, name, version, evidence } = found
    const isInside = !isOfSystem(found) && (remove.has(evidence.path) || add.has(evidence.path))
    return isInside ? `${type} ${name}` : `${keyOf(found)} ${versions.get(found) ?? version}`
  }
  const expected = countTexts(before.packages.map(describePackage))
  const actual = countTexts(after.packages.map(describePackage))
  const isFewer = (one: string, counts: ReadonlyMap<string, number>, than: ReadonlyMap<string, number>) =>
    (counts.get(one) ?? 0) < than.get(one)!
  const missing = [...expected.keys()].filter((one) => isFewer(one, actual, expected))
  const surplus = [...actual.keys()].filter((one) => isFewer(one, expected, actual))
  const known = new Set(before.gaps.map(({ code, message }) => `${code}: ${message}`))
  const gaps = after.gaps.map(({ code, message }) => `${code}: ${message}`).filter((gap) => !known.has(gap))
  const isOther =
    before.distro?.id !== after.distro?.id || before.distro?.versionId !== after.distro?.versionId
  return [
    ...missing.map((one) => ({ message: `${one} can't be seen` })),
    ...surplus.map((one) => ({ message: `${one} is seen` })),
    ...gaps.map((message) => ({ message })),
    ...(isOther ? [{ message: 'the distribution is another' }] : []),
  ]
}

const keyOf = ({ type, name, arch, evidence }: Package) => [type, name, arch, evidence.path].join(' ')

const isOfSystem = ({ type }: Package) => type === 'deb' || type === 'apk' || type === 'rpm'

function countTexts(texts: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return counts
}

/** I13: how the image is run has not changed. */
function checkConfig(before: Image, after: Image): readonly Violation[] {
  const describeConfig = ({ config: { config, os, architecture, variant } }: Image) =>
    JSON.stringify([config, os, architecture, variant])
  return describeConfig(before) === describeConfig(after) ? [] : [{ message: 'the configuration is another' }]
}
