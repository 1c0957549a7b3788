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
  /** What somebody else pushes is another image, which is there only before `image`, or only afterwards. */
  | {
      readonly kind: 'bad-then-promote' | 'bad-within-promote' | 'promote-then-bad'
      readonly bad: number
      readonly isIndex: boolean
    }
  | { readonly kind: 'bad-and-back'; readonly bad: number }
  | {
      readonly kind:
        | 'push-right'
        | 'retag'
        | 'move-back'
        | 'delete-evidence'
        | 'delete-manifest'
        | 'attach-junk'
        /** A manifest of a platform, or evidence, again by somebody else. */
        | 'push-child'
        | 'push-evidence'
        /** Evidence is deleted, and put there again by the same person, or attached anew by the gate. */
        | 'evidence-away-and-back'
        | 'evidence-away-and-promote'
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
  /** It is about the first platform of the image. */
  readonly isChild?: boolean | undefined
}

/** `lines`: those of the access log alone, which name neither who it was nor the digest of a tag. */
export type News = 'all' | 'lines'

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

/** Plans what happens, and says which alerts it has to lead to, from the actions and the kind of news alone. */
export function openModel(random: SeededRandom, repositories: readonly string[], kind: News) {
  const tags = repositories.flatMap((repository) =>
    tagNames.map((tag): Tag => ({ repository, tag, promoted: [], isGood: false, used: new Set() })),
  )
  const expected: ExpectedAlert[] = []
  let time = 0
  let images = 0
  let rounds = 0
  let retags = 0

  function plan(tag: Tag, chosen: readonly Tag[]): PlannedAction {
    const { repository } = tag
    const isNamed = kind === 'all'
    const name = { repository, tag: tag.tag }
    const last = tag.promoted.at(-1)
    const news = random.next() < 0.25 ? 'lost' : 'told'
    const expect = (kind: AlertKind, image: number, withTag = true) =>
      expected.push({ kind, repository, image, ...(withTag && { tag: tag.tag }) })
    const promote = () => {
      const image = images++
      const isIndex = random.next() < 0.2
      tag.promoted.push({ image, isIndex, at: time })
      tag.current = image
      tag.isGood = true
      return { action: { ...name, kind: 'promote', image, isIndex }, news } as const
    }
    /** A promotion beside which somebody else pushes to the tag. */
    const promoteBeside = (kind: 'bad-then-promote' | 'bad-within-promote' | 'promote-then-bad') => {
      const { action } = promote()
      const bad = images++
      const isLast = kind === 'promote-then-bad'
      if (isLast) {
        tag.current = bad
        tag.isGood = false
      }
      // What is replaced before anybody looks has to be told, with its digest.
      if (isLast || isNamed) expect('unauthorised-push', bad)
      return { action: { ...action, kind, bad }, news: isLast ? news : 'told' } as const
    }
    if (!last || tag.current === undefined) return promote()
    const current = tag.current
    const older = tag.promoted.filter(({ image, at }) => image !== last.image && time - at > 0).at(-1)
    const once = (what: string): boolean => {
      const isFirst = !tag.used.has(`${what} ${current}`)
      tag.used.add(`${what} ${current}`)
      return isFirst
    }

    if (random.next() < 0.15)
      return promoteBeside(random.pick(['bad-then-promote', 'bad-within-promote', 'promote-then-bad']))
    if (tag.isGood && random.next() < 0.15) {
      const kinds = ['bad-and-back', 'push-elsewhere-promoted', 'push-child', 'push-evidence', 'away', 'anew']
      const special = planSpecial(random.pick(kinds))
      if (special) return special
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
      if (isNamed) expect('wrong-hand', current)
      return { action: { ...name, kind: 'push-right', image: current }, news: 'told' }
    }
    if (choice < 0.86) {
      const copy = `copy-${retags++}`
      expected.push({
        kind: news === 'lost' || !isNamed ? 'unjournaled' : 'wrong-hand',
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
      for (const each of tags) if (each.current === current) each.current = undefined
      return { action: { ...name, kind, image: current }, news }
    }
    if (choice < 0.94 && once('attach-junk')) {
      expect('unauthorised-push', current, false)
      return { action: { ...name, kind: 'attach-junk', image: current }, news }
    }
    return promote()

    /** What is done to what the gate put there; nothing where that can't be done to it, or was done before. */
    function planSpecial(special: string): PlannedAction | undefined {
      const told = (kind: Exclude<Action['kind'], 'promote' | 'push-bad'>, bad = 0): PlannedAction => ({
        action: { ...name, kind, image: current, bad } as Action,
        news: 'told',
      })
      switch (special) {
        case 'bad-and-back': {
          if (!once('push-right')) return undefined
          const bad = images++
          if (isNamed) {
            expect('unauthorised-push', bad)
            expect('wrong-hand', current)
          }
          return told(special, bad)
        }
        case 'push-elsewhere-promoted': {
          const other = tags.find(
            (each) => each.repository === repository && each.isGood && !chosen.includes(each),
          )
          if (!other || tag.promoted.some(({ image }) => image === other.current)) return undefined
          tag.current = other.current
          tag.isGood = false
          expect(news === 'lost' || !isNamed ? 'unjournaled' : 'wrong-hand', other.current!)
          return { action: { ...name, kind: 'retag', image: other.current! }, news }
        }
        case 'push-child':
          if (!last!.isIndex || last!.image !== current || !once(special)) return undefined
          if (isNamed) expected.push({ kind: 'wrong-hand', repository, image: current, isChild: true })
          return told(special)
        case 'push-evidence':
          if (!once('attach-junk')) return undefined
          if (isNamed) expect('wrong-hand', current, false)
          return told(special)
        case 'away':
          if (!once('attach-junk')) return undefined
          if (isNamed) expect('wrong-hand', current, false)
          return told('evidence-away-and-back')
        default:
          if (!once('attach-junk')) return undefined
          expect('evidence-deleted', current, false)
          // The list under the tag, without what was deleted, was written by whoever deleted it.
          if (isNamed && news === 'told') expect('wrong-hand', current, false)
          tag.promoted.push({ ...last!, image: current, at: time })
          return { action: { ...name, kind: 'evidence-away-and-promote', image: current }, news }
      }
    }
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
      return { quietMs, isDown, actions: chosen.map((tag) => plan(tag, chosen)) }
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
