import { type Clock, type Digest, systemClock, type Verdict } from '@sallyport/core'
import { RuntimeError } from '../../errors.ts'
import {
  type BehaviourEvent,
  type BehaviourKind,
  behaviourKinds,
  type RuntimeEvent,
} from '../behaviour-event.ts'
import type { BehaviourProfile } from '../profile/profile.ts'
import { processKey } from '../profile/learn-profile.ts'
import { profileDigest } from '../profile/profile-document.ts'
import type { BehaviourFinding, FindingGrade, FoundDeviation } from './finding.ts'
import { findingKey } from './finding-key.ts'
import { judgeEvent } from './judge-event.ts'
import { indexProfile } from './profile-index.ts'

/** Options of {@link createJudge}. */
export interface JudgeOptions {
  /** The image that runs; a profile of other images can't judge it. */
  readonly image: Digest
  /**
   * Kinds of behaviour that the sources of the events see. The state is about these alone: of a connection that no source
   * tells, no judge knows.
   */
  readonly observes: readonly BehaviourKind[]
  /** How long the sources may be silent before nothing is known any more, in milliseconds. Default one hour. */
  readonly maxSilenceMs?: number | undefined
  /** How long the same finding is not told again, in milliseconds. Default one hour. */
  readonly cooldownMs?: number | undefined
  /** How many findings are remembered for that; of more, the oldest may be told again. Default 10,000. */
  readonly maxRemembered?: number | undefined
  /** Time by which silence and pauses are measured. Default: the system's. */
  readonly clock?: Clock | undefined
}

/** Why nothing can be said. */
export interface UnknownReason {
  /**
   * `not-approved`: nobody answers for the profile. `other-image`: it is of other images, or events of a container that
   * was judged name another one. `events-missing`: the stream had gaps. `not-observed`: a kind that the profile knows
   * nothing about. `no-events`: nothing was seen. `silent`: nothing was seen for `maxSilenceMs`.
   */
  readonly code: 'not-approved' | 'other-image' | 'events-missing' | 'not-observed' | 'no-events' | 'silent'
  /** Why, in a sentence. */
  readonly message: string
  /** How many events. */
  readonly count: number
}

/** How a container behaved. */
export interface BehaviourStatus {
  /** `expected` only when an approved profile has all that was seen, and all of the kinds that are observed was seen. */
  readonly state: 'expected' | 'deviating' | 'unknown'
  /** The same as a verdict: `pass`, `fail`, `error`. */
  readonly verdict: Verdict
  /** The kinds that it is about. */
  readonly observes: readonly BehaviourKind[]
  /** What stands against `expected` beside findings. */
  readonly unknown: readonly UnknownReason[]
  /** Events that were judged. */
  readonly events: number
  /** Findings by grade, those not told again included. */
  readonly findings: Readonly<Record<FindingGrade, number>>
}

/** Judges one container by a profile. */
export interface Judge {
  /** What an event does that the profile does not have, each told once in a while. Events of other images are left out. */
  take(event: RuntimeEvent): readonly BehaviourFinding[]
  /** How it behaved since the judge, or the current window, began. */
  status(): BehaviourStatus
  /** Begins a new window: counts and gaps so far are forgotten, what was told is not. */
  startWindow(): void
}

const maxProcesses = 50_000
const maxContainers = 10_000

/**
 * Judges events by a profile. Memory is bounded whatever comes in. A profile that nobody approved gives findings too, to
 * see how it would do, and the state stays `unknown`.
 *
 * @throws {RuntimeError} `OPTIONS_INVALID` when a number is not positive, or nothing is observed.
 */
export function createJudge(
  profile: BehaviourProfile,
  {
    image,
    observes: wanted,
    maxSilenceMs = 3_600_000,
    cooldownMs = 3_600_000,
    maxRemembered = 10_000,
    clock = systemClock,
  }: JudgeOptions,
): Judge {
  if (!(cooldownMs >= 0) || !(maxRemembered >= 1) || !(maxSilenceMs > 0))
    throw new RuntimeError(
      'OPTIONS_INVALID',
      'cooldownMs must be 0 or more, maxRemembered 1 or more, maxSilenceMs more than 0',
    )
  const observes = behaviourKinds.filter((kind) => wanted.includes(kind))
  if (observes.length === 0)
    throw new RuntimeError('OPTIONS_INVALID', 'observes names no kind of behaviour', { subject: 'observes' })
  const index = indexProfile(profile)
  const digest = profileDigest(profile)
  const told = new Map<string, { at: number; suppressed: number }>()
  const networkProcesses = new Set<string>()
  const containers = new Set<string>()
  const otherContainers = new Set<string>()
  const networkPrograms = new Set(
    profile.execs.filter(({ usesNetwork }) => usesNetwork).map(({ path }) => path),
  )
  // Some sources only have the kernel's name of a parent.
  const networkNames = new Set([...networkPrograms].map(kernelName))
  const isKnown = (kind: BehaviourKind) => profile.observes.includes(kind) && !profile.overflow.includes(kind)
  let window = emptyWindow()

  const hasNetworkParent = (event: BehaviourEvent): boolean => {
    const { process } = event
    const line = [process, ...process.parents]
    return line.some(
      ({ pid, executable, name }, place) =>
        networkProcesses.has(processKey(event, pid) ?? '') ||
        // The program that the process was before this one counts, not the one that it becomes.
        (place > 0 &&
          (executable === undefined
            ? name !== undefined && networkNames.has(name)
            : networkPrograms.has(executable))),
    )
  }
  const tell = (event: BehaviourEvent, deviation: FoundDeviation): BehaviourFinding | undefined => {
    window.findings[deviation.grade]++
    const key = findingKey(event, deviation)
    const now = clock.now().getTime()
    const before = told.get(key)
    // A clock that was set back silences nothing.
    if (before !== undefined && now >= before.at && now - before.at < cooldownMs) {
      before.suppressed++
      return undefined
    }
    told.delete(key)
    if (told.size >= maxRemembered) told.delete(told.keys().next().value!)
    told.set(key, { at: now, suppressed: 0 })
    return {
      ...deviation,
      event,
      parents: event.process.parents,
      tags: event.tags ?? [],
      suppressed: before?.suppressed ?? 0,
      profile: digest,
    }
  }
  return {
    take(event) {
      if (event.type === 'gap') {
        window.gaps += event.count
        return []
      }
      const { id, imageDigest: named } = event.container ?? {}
      const isOther = named !== undefined && named !== image
      if (isOther || (named === undefined && id !== undefined && otherContainers.has(id))) {
        if (id !== undefined) {
          if (containers.delete(id)) window.renamed++
          remember(otherContainers, id, maxContainers)
        }
        return []
      }
      if (id !== undefined) remember(containers, id, maxContainers)
      window.lastAt = clock.now().getTime()
      window.events++
      // What nothing is known about is not new; but a program that is no file of the image is never expected.
      const isForeign = event.type === 'exec' && (event.origin === 'memory' || event.origin === 'upper-layer')
      if (!isKnown(event.type)) window.unobserved++
      const deviations =
        isKnown(event.type) || isForeign ? judgeEvent(event, index, hasNetworkParent(event)) : []
      if (event.type === 'connect' || event.type === 'listen') {
        const key = event.protocol === 'unix' ? undefined : processKey(event, event.process.pid)
        if (key !== undefined) remember(networkProcesses, key, maxProcesses)
      }
      return deviations.map((deviation) => tell(event, deviation)).filter((one) => one !== undefined)
    },
    status() {
      const unknown: UnknownReason[] = []
      const isApproved = profile.state === 'approved' || profile.state === 'enforced'
      if (!isApproved)
        unknown.push({ code: 'not-approved', message: `the profile is ${profile.state}`, count: 1 })
      if (!profile.images.includes(image))
        unknown.push({ code: 'other-image', message: `the profile is not of ${image}`, count: 1 })
      if (window.renamed > 0)
        unknown.push({
          code: 'other-image',
          message: `events of a container that was judged name another image than ${image}`,
          count: window.renamed,
        })
      if (window.gaps > 0)
        unknown.push({ code: 'events-missing', message: 'events are missing', count: window.gaps })
      const untaught = observes.filter((kind) => !isKnown(kind))
      if (window.unobserved > 0 || untaught.length > 0)
        unknown.push({
          code: 'not-observed',
          message: `the profile knows nothing of some kinds: it has ${profile.observes.join(', ')}`,
          count: window.unobserved,
        })
      if (window.events === 0) unknown.push({ code: 'no-events', message: 'nothing was seen', count: 0 })
      else if (!(clock.now().getTime() - window.lastAt <= maxSilenceMs))
        unknown.push({ code: 'silent', message: `nothing was seen for ${maxSilenceMs} ms`, count: 0 })
      const isAccepted = isApproved && profile.images.includes(image)
      const hasFindings = Object.values(window.findings).some((count) => count > 0)
      const state = isAccepted && hasFindings ? 'deviating' : unknown.length > 0 ? 'unknown' : 'expected'
      return {
        state,
        verdict: state === 'expected' ? 'pass' : state === 'deviating' ? 'fail' : 'error',
        observes,
        unknown,
        events: window.events,
        findings: { ...window.findings },
      }
    },
    startWindow: () => void (window = emptyWindow()),
  }
}

const emptyWindow = () => ({
  events: 0,
  gaps: 0,
  unobserved: 0,
  renamed: 0,
  lastAt: 0,
  findings: { critical: 0, high: 0, medium: 0, low: 0 } satisfies Record<FindingGrade, number>,
})

/** The kernel keeps 15 bytes of a program's name. */
const kernelName = (path: string) => path.slice(path.lastIndexOf('/') + 1).slice(0, 15)

/** Adds to a set that forgets what was not seen for longest. */
function remember(set: Set<string>, key: string, limit: number): void {
  set.delete(key)
  if (set.size >= limit) set.delete(set.values().next().value!)
  set.add(key)
}
