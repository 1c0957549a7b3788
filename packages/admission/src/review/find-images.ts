import { type Fields, type FoundPod, isFields } from './find-pod.ts'

/** An image that a Pod names. */
export interface NamedImage {
  /** JSON pointer (RFC 6901) of the reference in the object. */
  readonly pointer: string
  /** The list and the name of the entry: what it is in an update, too. */
  readonly place: string
  readonly reference: string
}

const containerLists = ['initContainers', 'containers', 'ephemeralContainers'] as const
const maxEntries = 10_000

/**
 * Lists the images of a Pod: init containers, containers, ephemeral containers, image volumes. A container without an
 * image runs none (workloads may leave it to be filled in, and the Pod is judged then).
 *
 * @throws {TypeError} when a list is not of its form, so that images could hide in it.
 */
export function findImages({ spec, path }: FoundPod): readonly NamedImage[] {
  const base = path.map((name) => `/${name}`).join('')
  const images: NamedImage[] = []
  const add = (value: unknown, pointer: string, place: string): void => {
    if (value === undefined || value === null || value === '') return
    if (typeof value !== 'string') throw new TypeError(`${pointer} is no text`)
    images.push({ pointer, place, reference: value })
  }
  for (const list of containerLists) {
    for (const [index, entry] of entriesOf(spec, list).entries()) {
      add(entry['image'], `${base}/${list}/${index}/image`, placeOf(list, entry))
    }
  }
  for (const [index, entry] of entriesOf(spec, 'volumes').entries()) {
    const { image } = entry as { image?: unknown }
    if (image === undefined || image === null) continue
    if (!isFields(image)) throw new TypeError(`${base}/volumes/${index}/image is no object`)
    add(image['reference'], `${base}/volumes/${index}/image/reference`, placeOf('volumes', entry))
  }
  return images
}

/**
 * The images that an update brings: all but those that the same entry had before. Entries whose name is not their own
 * alone are new: they can't be told apart.
 */
export function findNewImages(
  images: readonly NamedImage[],
  before: readonly NamedImage[],
): readonly NamedImage[] {
  const timesOf = (list: readonly NamedImage[]): Map<string, number> => {
    const times = new Map<string, number>()
    for (const { place } of list) times.set(place, (times.get(place) ?? 0) + 1)
    return times
  }
  const now = timesOf(images)
  const then = timesOf(before)
  const known = new Map(before.map(({ place, reference }) => [place, reference]))
  return images.filter(
    ({ place, reference }) => now.get(place) !== 1 || then.get(place) !== 1 || known.get(place) !== reference,
  )
}

function entriesOf(spec: Fields, list: string): readonly Fields[] {
  const value = Object.hasOwn(spec, list) ? spec[list] : undefined
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw new TypeError(`${list} is no list`)
  if (value.length > maxEntries) throw new TypeError(`${list} has more than ${maxEntries} entries`)
  const wrong = value.findIndex((entry) => !isFields(entry))
  if (wrong >= 0) throw new TypeError(`${list}[${wrong}] is no object`)
  return value as readonly Fields[]
}

const placeOf = (list: string, { name }: Fields): string => JSON.stringify([list, name])
