import { networkOf } from '../addresses.ts'
import { fromShape, type PathShape, shapeOf } from './path-pattern.ts'
import type { ProfiledConnect, ProfiledOpen } from './profile.ts'

/** From how many different values on, something that changes is taken for anything of its kind. */
const variableFrom = 5

interface Shaped<Item> {
  readonly item: Item
  readonly shape: PathShape
}

/**
 * Puts items of one shape together: where {@link variableFrom} different values were seen in one place, all of the shape
 * have `*` there. Of a union it gives the same, whether its parts were put together before or not, which is what makes
 * merging associative: a place that collapsed in a part collapses in the whole, and one that did not lost no value.
 */
function collapse<Item>(
  items: Iterable<Item>,
  toShape: (item: Item) => PathShape,
  fromShaped: (item: Item, shape: PathShape) => Item,
): ReadonlyMap<string, Item[]> {
  const groups = new Map<string, Shaped<Item>[]>()
  for (const item of items) {
    const shape = toShape(item)
    const group = groups.get(shape.skeleton)
    if (group) group.push({ item, shape })
    else groups.set(shape.skeleton, [{ item, shape }])
  }
  const result = new Map<string, Item[]>()
  for (const [skeleton, group] of groups) {
    const isVariable = group[0]!.shape.values.map((_, place) => {
      const values = new Set(group.map(({ shape }) => shape.values[place]!))
      return values.has('*') || values.size >= variableFrom
    })
    result.set(
      skeleton,
      group.map(({ item, shape }) =>
        fromShaped(item, {
          skeleton,
          values: shape.values.map((value, place) => (isVariable[place] ? '*' : value)),
        }),
      ),
    )
  }
  return result
}

const earlier = (one: string, other: string) => (one < other ? one : other)

/**
 * Puts paths together that differ in numbers, hexadecimal numbers, UUIDs or random names of temporary files, from
 * {@link variableFrom} different values on. Folders stay apart by depth.
 *
 * @returns `undefined` when there are more than `maxShapes` different shapes.
 */
export function generalisePaths(
  opens: Iterable<ProfiledOpen>,
  maxShapes: number,
): readonly ProfiledOpen[] | undefined {
  const groups = collapse(
    opens,
    ({ path }) => shapeOf(path),
    (open, shape) => ({ ...open, path: fromShape(shape) }),
  )
  if (groups.size > maxShapes) return undefined
  return unique(
    [...groups.values()].flat(),
    ({ path }) => path,
    (one, other) => ({
      path: one.path,
      writes: one.writes || other.writes,
      since: earlier(one.since, other.since),
    }),
  )
}

/** Puts peers of one port in one network (/24, /64) together, from {@link variableFrom} different addresses on. */
export function generalisePeers(
  connects: Iterable<ProfiledConnect>,
  maxShapes: number,
): readonly ProfiledConnect[] | undefined {
  const groups = collapse(
    connects,
    ({ protocol, peer, port }) => {
      const network = protocol === 'unix' ? undefined : peer.includes('/') ? peer : networkOf(peer)
      if (network === undefined) return { skeleton: `${protocol} ${port} ${peer}`, values: [] }
      return { skeleton: `${protocol} ${port} net ${network}`, values: [peer === network ? '*' : peer] }
    },
    (connect, { skeleton, values }) =>
      values[0] === '*' ? { ...connect, peer: skeleton.slice(skeleton.lastIndexOf(' ') + 1) } : connect,
  )
  if (groups.size > maxShapes) return undefined
  return unique([...groups.values()].flat(), connectKey, (one, other) => ({
    ...one,
    since: earlier(one.since, other.since),
  }))
}

/** What tells a connection from another. */
export const connectKey = ({ protocol, peer, port }: Omit<ProfiledConnect, 'since'>): string =>
  `${protocol} ${peer} ${port}`

/** Joins what has the same key, sorted by it. */
export function unique<Item>(
  items: Iterable<Item>,
  keyOf: (item: Item) => string,
  join: (one: Item, other: Item) => Item,
): readonly Item[] {
  const found = new Map<string, Item>()
  for (const item of items) {
    const key = keyOf(item)
    const known = found.get(key)
    found.set(key, known === undefined ? item : join(known, item))
  }
  return [...found].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, item]) => item)
}
