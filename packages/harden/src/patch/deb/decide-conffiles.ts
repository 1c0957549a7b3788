import type { Image } from '@sallyport/image'
import type { Package } from '@sallyport/inventory'
import { digestOf, type PlacedEntry } from '../place-entries.ts'
import type { StagedDeb } from './stage-deb.ts'
import type { ConffileRecord } from './write-stanza.ts'

/** What becomes of the configuration files of a package. */
export interface DecidedConffiles {
  /** Paths that are not written. */
  readonly kept: ReadonlySet<string>
  /** Those of them that both the image and the package changed. */
  readonly changed: readonly string[]
  /** Paths that the package does not bring any more, and that stay. */
  readonly obsolete: readonly string[]
  /** What dpkg's database says of them afterwards. */
  readonly records: readonly ConffileRecord[]
}

/**
 * Decides as `dpkg --force-confold`: a file that is as its package brought it is replaced, one that the image changed or
 * deleted stays so (dpkg's `conff.c`).
 *
 * @param recorded - what the database says of the installed version
 * @returns why it can't be decided
 */
export async function decideConffiles(
  image: Image,
  found: Package,
  staged: StagedDeb,
  placed: readonly PlacedEntry[],
  recorded: readonly ConffileRecord[],
  signal: AbortSignal | undefined,
): Promise<DecidedConffiles | { readonly refused: string }> {
  const lines = Buffer.from(staged.info.get('conffiles')?.content ?? new Uint8Array())
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
  const flagged = lines.find((line) => !line.startsWith('/'))
  if (flagged !== undefined)
    return { refused: `it wants a configuration file away: ${flagged.slice(0, 200)}` }

  const sums = new Map(recorded.map(({ path, md5 }) => [path, md5]))
  const entries = new Map(staged.entries.map((entry) => [entry.path, entry]))
  const places = new Map(placed.map((one) => [one.entry.path, one]))
  const kept = new Set<string>()
  const changed: string[] = []
  const records: ConffileRecord[] = []
  for (const path of lines) {
    const entry = entries.get(path)
    if (entry?.type !== 'file')
      return { refused: `${path} is a configuration file that the package does not bring` }
    const md5 = await digestOf(staged.open(entry), 'md5')
    records.push({ path, md5 })
    const place = places.get(path)
    if (!place?.node) continue
    if (place.node.type !== 'file') {
      kept.add(place.path)
      changed.push(place.path)
      continue
    }
    const was = sums.get(path)
    const is = await digestOf(image.openFile(place.node, { signal }), 'md5')
    if (is === md5 || is === was) continue
    kept.add(place.path)
    if (was !== md5) changed.push(place.path)
  }

  const current = new Set(lines)
  const obsolete: string[] = []
  for (const record of recorded.filter(({ path }) => !current.has(path))) {
    const path = image.tree.canonicalize(record.path)
    const node = image.tree.get(path)
    if (!node) continue
    if (places.has(record.path)) {
      const is = node.type === 'file' ? await digestOf(image.openFile(node, { signal }), 'md5') : ''
      if (is !== record.md5)
        return { refused: `${path} was changed, and is no configuration file of ${found.name} any more` }
      continue
    }
    obsolete.push(path)
    records.push({ ...record, flags: 'obsolete' })
  }
  return { kept, changed, obsolete, records }
}
