import type { KnownPart, KnownTag, MonitorState } from '../ports/monitor-state.ts'

/** What is known, read once for a batch. */
export type StateView = Pick<MonitorState, 'findTag' | 'unseenTags' | 'partOf' | 'partsOf'>

/** What a batch is about. */
export type StateWanted = Parameters<MonitorState['recall']>[0]

/**
 * Opens a view of what is known, as it was when the batch began; what the batch is about is read in one go. A judgement
 * must not depend on what others of its batch find out, or the order of events would count.
 */
export async function openStateView(state: MonitorState, wanted: StateWanted): Promise<StateView> {
  const { tags, parts } = await state.recall(wanted)
  const knownTags = new Map<string, Promise<KnownTag | undefined>>()
  const knownParts = new Map<string, Promise<readonly KnownPart[]>>()
  for (const [place, tag] of wanted.tags) knownTags.set(nameOf(place, tag), Promise.resolve(undefined))
  for (const { place, ...tag } of tags) knownTags.set(nameOf(place, tag.tag), Promise.resolve(tag))
  const found = Map.groupBy(parts, ({ place, digest }) => nameOf(place, digest))
  for (const [place, digest] of wanted.digests)
    knownParts.set(nameOf(place, digest), Promise.resolve(found.get(nameOf(place, digest)) ?? []))
  return {
    findTag: (place, tag) => remember(knownTags, nameOf(place, tag), () => state.findTag(place, tag)),
    partOf: (place, digest) => remember(knownParts, nameOf(place, digest), () => state.partOf(place, digest)),
    partsOf: (place, parent) => state.partsOf(place, parent),
    unseenTags: (place, look, after) => state.unseenTags(place, look, after),
  }
}

function remember<T>(known: Map<string, Promise<T>>, name: string, read: () => Promise<T>): Promise<T> {
  const found = known.get(name) ?? read()
  known.set(name, found)
  return found
}

/** No name of a place holds a space. */
const nameOf = (place: string, name: string): string => `${place} ${name}`
