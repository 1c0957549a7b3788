import { createHash } from 'node:crypto'
import type { Image } from '@sallyport/image'
import { hashOfSum, type Package, type RecordedSum } from '@sallyport/inventory'
import type { ComparedSide, Comparison } from './comparison.ts'
import { findStaleIndexes } from './find-stale-indexes.ts'
import type { Violation } from './invariant.ts'
import { createRecordedSums, type RecordedSums } from './read-recorded-sums.ts'

/**
 * I6: the package databases say what is on disk. What a package that stays has a record of is there, folders too;
 * nothing of a package that left is, unless another one holds it too, and no list or index names it; sums that were right are there and right; what
 * could be read still can.
 */
export async function compareDatabase(
  comparison: Comparison,
  signal?: AbortSignal,
): Promise<readonly Violation[]> {
  const { before, after, upgraded } = comparison
  const violations: Violation[] = []
  for (const [type, reason] of after.systems.refusals) {
    if (!before.systems.refusals.has(type))
      violations.push({ message: `the ${type} database can't be edited any more: ${reason}` })
  }
  const wantedBefore = new Map(before.systems.wanted.map(({ text, satisfiedBy }) => [text, satisfiedBy]))
  for (const { text, satisfiedBy } of after.systems.wanted) {
    const [first] = wantedBefore.get(text) ?? []
    if (first && satisfiedBy.length === 0)
      violations.push({ message: `${text} names ${first.name}, which left`, path: first.files[0] })
  }
  violations.push(...(await findStaleIndexes(comparison, signal)))
  const was = new Map(before.packages.map((found) => [identify(found), found]))
  const upgrades = new Map([...upgraded].map(([old, now]) => [now, old]))
  const sums = {
    before: createRecordedSums(before.image, signal),
    after: createRecordedSums(after.image, signal),
  }
  const heldPaths = new Set<string>()
  for (const found of after.packages) {
    const old = upgrades.get(found) ?? was.get(identify(found))
    const recorded = await recordedPaths(after, sums.after, found)
    const recordedBefore: ReadonlySet<string> = old
      ? await recordedPaths(before, sums.before, old)
      : new Set()
    const same = upgrades.has(found) ? undefined : old
    const expected = new Set([
      ...recorded,
      ...(same ? before.systems.recordPaths(same) : []),
      ...(same?.files ?? []).filter((path) => !recordedBefore.has(path)),
    ])
    for (const path of [...expected, ...found.files, ...(same?.files ?? [])]) heldPaths.add(path)
    for (const path of expected) {
      if (after.image.tree.get(path) || (recordedBefore.has(path) && !before.image.tree.get(path))) continue
      violations.push({ message: `${found.name} lists ${path}`, at: path, package: found.purl, path })
    }
    const [sumsBefore, sumsAfter] = [old ? await sums.before.of(old) : new Map(), await sums.after.of(found)]
    for (const path of sumsBefore.keys()) {
      if (same && !sumsAfter.has(path) && after.image.tree.get(path))
        violations.push({ message: `${path} of ${found.name} has lost its checksum`, at: path, path })
    }
    for (const [path, sum] of sumsAfter) {
      if (await isWrong(comparison, path, sum, sumsBefore.get(path), upgrades.has(found), signal))
        violations.push({
          message: `${path} of ${found.name} has another checksum`,
          at: path,
          package: found.purl,
        })
    }
  }
  for (const found of upgraded.keys()) {
    for (const path of found.files) {
      if (after.image.tree.get(path) && !heldPaths.has(path))
        violations.push({ message: `${path} of ${found.name} ${found.version} would stay`, at: path })
    }
  }
  for (const found of comparison.removed) {
    const own = [
      ...found.files,
      ...before.systems.recordPaths(found),
      // Of the inventory, whatever the code that removes them takes for records.
      ...(found.dpkg?.metadataPaths ?? []),
    ]
    for (const path of new Set([...own, ...(await before.systems.listedPaths(found))])) {
      const node = after.image.tree.get(path)
      if (!node || heldPaths.has(path) || node.type === 'directory') continue
      // A link that lists call a folder, such as `/bin`, belongs to the layout of the system.
      if (node.type === 'symlink' && !own.includes(path)) continue
      const message = `${path} of ${found.name} would stay`
      violations.push({ message, at: path, package: found.purl, path: found.files[0] })
    }
  }
  return violations
}

const identify = ({ purl, evidence }: Package) => `${purl} ${evidence.path}`

async function recordedPaths(
  { systems }: ComparedSide,
  sums: RecordedSums,
  found: Package,
): Promise<ReadonlySet<string>> {
  return new Set([...(await systems.listedPaths(found)), ...(await sums.of(found)).keys()])
}

/** Whether a sum is not that of the file, and was before or is new. Files with the same bytes and sum are not read. */
async function isWrong(
  { before, after, changed }: Comparison,
  path: string,
  sum: RecordedSum,
  was: RecordedSum | undefined,
  isUpgraded: boolean,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const node = after.image.tree.get(path)
  if (node?.type !== 'file' || (was?.value === sum.value && !changed.has(path))) return false
  if (await matches(after.image, path, sum, signal)) return false
  // Of a new version, what the image had changed stays so; what is written anew is right.
  if (was === undefined || (isUpgraded && changed.has(path))) return true
  return matches(before.image, path, was, signal)
}

async function matches(
  image: Image,
  path: string,
  sum: RecordedSum,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const node = image.tree.get(path)
  if (node?.type !== 'file') return false
  const { name, digits } = hashOfSum(sum)
  const hash = createHash(name)
  for await (const chunk of image.openFile(node, { signal })) hash.update(chunk)
  return hash.digest('hex').slice(0, digits) === sum.value
}
