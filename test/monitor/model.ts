import type { AlertKind } from '@sallyport/monitor'
import type { SeededRandom } from '@sallyport/test-chaos'

/** What is done to a tag. Images are numbers; each is new when it first appears. */
export type Action = { readonly repository: string; readonly tag: string; readonly image: number } & (
  | { readonly kind: 'promote'; readonly isIndex: boolean }
  /** The gate puts the same there again, with or without a promotion. */
  | { readonly kind: 'promote-again' | 'push-again' }
  | { readonly kind: 'roll-back' | 'attach' | 'pull' | 'push-elsewhere' }
  /** Somebody else, or somebody with the gate's credentials, pushes what nobody promoted. */
  | {
      readonly kind: 'push-bad'
      readonly isIndex: boolean
      readonly byGate: boolean
      readonly isTwice: boolean
    }
  | { readonly kind: 'push-bad-digest' }
  | {
      readonly kind:
        | 'push-right'
        | 'retag'
        | 'move-back'
        | 'delete-evidence'
        | 'delete-manifest'
        | 'attach-junk'
    }
)

/** An action with what becomes of the news of it. */
export interface PlannedAction {
  readonly action: Action
  /** `lost`: no source tells of it; only comparing can find it. */
  readonly news: 'told' | 'lost'
}

/** An alert that must be there. */
export interface ExpectedAlert {
  readonly kind: AlertKind
  readonly repository: string
  /** Absent where the alert is about a digest whatever its tag. */
  readonly tag?: string | undefined
  readonly image?: number | undefined
}

/** Actions that follow each other closely, on different tags, and how long it is quiet before them. */
export interface Round {
  readonly quietMs: number
  /** The monitor is not running until the actions are done. */
  readonly isDown: boolean
  readonly actions: readonly PlannedAction[]
}

/** A tag as the model knows it. */
interface Tag {
  readonly repository: string
  readonly tag: string
  /** What was promoted there, and when at the latest. */
  readonly promoted: { readonly image: number; readonly isIndex: boolean; readonly at: number }[]
  current?: number | undefined
  /** What is there is what the latest promotion put there, with all of its evidence. */
  isGood: boolean
  /** Images with which something was done that may be alerted once only. */
  readonly used: Set<string>
}

const minute = 60_000
const tagNames = ['1', '2', 'latest']

/** Plans what happens, and says which alerts it has to lead to, from the actions alone. */
export function openModel(random: SeededRandom, repositories: readonly string[]) {
  const tags = repositories.flatMap((repository) =>
    tagNames.map((tag): Tag => ({ repository, tag, promoted: [], isGood: false, used: new Set() })),
  )
  const expected: ExpectedAlert[] = []
  let time = 0
  let images = 0
  let rounds = 0
  let retags = 0

  function plan(tag: Tag): PlannedAction {
    const { repository } = tag
    const name = { repository, tag: tag.tag }
    const last = tag.promoted.at(-1)
    const news = random.next() < 0.25 ? 'lost' : 'told'
    const expect = (kind: AlertKind, image: number, withTag = true) =>
      expected.push({ kind, repository, image, ...(withTag && { tag: tag.tag }) })
    const promote = (): PlannedAction => {
      const image = images++
      const isIndex = random.next() < 0.2
      tag.promoted.push({ image, isIndex, at: time })
      tag.current = image
      tag.isGood = true
      return { action: { ...name, kind: 'promote', image, isIndex }, news }
    }
    if (!last || tag.current === undefined) return promote()
    const current = tag.current
    const older = tag.promoted.filter(({ image, at }) => image !== last.image && time - at > 0).at(-1)
    const once = (what: string): boolean => {
      const isFirst = !tag.used.has(`${what} ${current}`)
      tag.used.add(`${what} ${current}`)
      return isFirst
    }

    const choice = random.next()
    if (choice < 0.3) return promote()
    if (choice < 0.42 || choice > 0.97) {
      const image = images++
      const isByDigest = choice > 0.97
      expect('unauthorised-push', image, !isByDigest)
      if (isByDigest) return { action: { ...name, kind: 'push-bad-digest', image }, news: 'told' }
      tag.current = image
      tag.isGood = false
      const [isIndex, byGate, isTwice] = [random.next() < 0.2, random.next() < 0.2, random.next() < 0.2]
      return { action: { ...name, kind: 'push-bad', image, isIndex, byGate, isTwice }, news }
    }
    if (choice < 0.46) return { action: { ...name, kind: 'push-elsewhere', image: images++ }, news: 'told' }
    if (choice < 0.5) return { action: { ...name, kind: 'pull', image: current }, news }
    // What follows is done to what the gate put there.
    if (!tag.isGood) return promote()
    if (choice < 0.56) return { action: { ...name, kind: 'promote-again', image: current }, news }
    if (choice < 0.62) return { action: { ...name, kind: 'push-again', image: current }, news }
    if (choice < 0.67) return { action: { ...name, kind: 'attach', image: current }, news }
    if (choice < 0.72 && older) {
      tag.promoted.push({ ...older, at: time })
      tag.current = older.image
      return { action: { ...name, kind: 'roll-back', image: older.image }, news }
    }
    if (choice < 0.78 && older) {
      expect('rollback', older.image)
      tag.current = older.image
      tag.isGood = false
      return { action: { ...name, kind: 'move-back', image: older.image }, news }
    }
    if (choice < 0.82 && once('push-right')) {
      expect('wrong-hand', current)
      return { action: { ...name, kind: 'push-right', image: current }, news: 'told' }
    }
    if (choice < 0.86) {
      const copy = `copy-${retags++}`
      expected.push({
        kind: news === 'lost' ? 'unjournaled' : 'wrong-hand',
        repository,
        image: current,
        tag: copy,
      })
      // The decision is fresh for an hour for the tag that it names, and this is another one.
      return { action: { repository, tag: copy, kind: 'retag', image: current }, news }
    }
    if (choice < 0.9) {
      const kind = random.next() < 0.6 ? 'delete-evidence' : 'delete-manifest'
      expect(kind === 'delete-evidence' ? 'evidence-deleted' : 'manifest-deleted', current, false)
      tag.isGood = false
      tag.promoted.length = 0
      tag.current = undefined
      return { action: { ...name, kind, image: current }, news }
    }
    if (choice < 0.94 && once('attach-junk')) {
      expect('unauthorised-push', current, false)
      return { action: { ...name, kind: 'attach-junk', image: current }, news }
    }
    return promote()
  }

  return {
    expected: expected as readonly ExpectedAlert[],
    next(): Round {
      const quietMs = random.pick([2, 13, 75, 300]) * minute
      time += quietMs
      const isDown = rounds > 0 && random.next() < 0.06
      rounds++
      if (isDown) expected.push({ kind: 'gap', repository: '' })
      const chosen = shuffle(tags, random).slice(0, 4 + random.below(8))
      return { quietMs, isDown, actions: chosen.map(plan) }
    },
  }
}

/** The same in another order. */
export function shuffle<T>(all: readonly T[], random: SeededRandom): T[] {
  const shuffled = [...all]
  for (let at = shuffled.length - 1; at > 0; at--) {
    const other = random.below(at + 1)
    ;[shuffled[at], shuffled[other]] = [shuffled[other]!, shuffled[at]!]
  }
  return shuffled
}
