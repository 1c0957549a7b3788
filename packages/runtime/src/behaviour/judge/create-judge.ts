import { type Clock, type Digest, systemClock, type Verdict } from '@sallyport/core'
import { RuntimeError } from '../../errors.ts'
import type { BehaviourEvent, RuntimeEvent } from '../behaviour-event.ts'
import { escapePath, shapeOf } from '../profile/path-pattern.ts'
import type { BehaviourProfile } from '../profile/profile.ts'
import { processKey } from '../profile/learn-profile.ts'
import { profileDigest } from '../profile/profile-document.ts'
import type { BehaviourFinding, FindingGrade, FoundDeviation } from './finding.ts'
import { judgeEvent } from './judge-event.ts'
import { indexProfile } from './profile-index.ts'

/** Options of {@link createJudge}. */
export interface JudgeOptions {
  /** The image that runs; a profile of other images can't judge it. */
  readonly image: Digest
  /** How long the same finding is not told again, in milliseconds. Default one hour. */
  readonly cooldownMs?: number | undefined
  /** How many findings are remembered for that; of more, the oldest may be told again. Default 10,000. */
  readonly maxRemembered?: number | undefined
  readonly clock?: Clock | undefined
}

/** Why nothing can be said. */
export interface UnknownReason {
  /**
   * `not-approved`: nobody answers for the profile. `other-image`: it is of other images. `events-missing`: the stream had
   * gaps. `not-observed`: events of a kind that the profile knows nothing about. `no-events`: nothing was seen.
   */
  readonly code: 'not-approved' | 'other-image' | 'events-missing' | 'not-observed' | 'no-events'
  readonly message: string
  /** How many events. */
  readonly count: number
}

/** How a container behaved. */
export interface BehaviourStatus {
  /** `expected` only when an approved profile has all that was seen, and all was seen. */
  readonly state: 'expected' | 'deviating' | 'unknown'
  /** The same as a verdict: `pass`, `fail`, `error`. */
  readonly verdict: Verdict
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

/**
 * Judges events by a profile. Memory is bounded whatever comes in. A profile that nobody approved gives findings too, to
 * see how it would do, and the state stays `unknown`.
 *
 * @throws {RuntimeError} `OPTIONS_INVALID` when a number is not positive.
 */
export function createJudge(
  profile: BehaviourProfile,
  { image, cooldownMs = 3_600_000, maxRemembered = 10_000, clock = systemClock }: JudgeOptions,
): Judge {
  if (!(cooldownMs >= 0) || !(maxRemembered >= 1))
    throw new RuntimeError('OPTIONS_INVALID', 'cooldownMs must be 0 or more, maxRemembered 1 or more')
  const index = indexProfile(profile)
  const digest = profileDigest(profile)
  const told = new Map<string, { at: number; suppressed: number }>()
  const networkProcesses = new Set<string>()
  const networkPrograms = new Set(
    profile.execs.filter(({ usesNetwork }) => usesNetwork).map(({ path }) => path),
  )
  const isKnown = (event: BehaviourEvent) =>
    profile.observes.includes(event.type) && !profile.overflow.includes(event.type)
  let window = emptyWindow()

  const hasNetworkParent = (event: BehaviourEvent): boolean => {
    const { process } = event
    const line = [process, ...process.parents]
    return line.some(
      ({ pid, executable }, place) =>
        networkProcesses.has(processKey(event, pid) ?? '') ||
        // The program that the process was before this one counts, not the one that it becomes.
        (place > 0 && executable !== undefined && networkPrograms.has(executable)),
    )
  }
  const tell = (event: BehaviourEvent, deviation: FoundDeviation): BehaviourFinding | undefined => {
    window.findings[deviation.grade]++
    const key = `${event.container?.id ?? event.container?.pod ?? ''} ${deviation.code} ${subjectKey(event, deviation)}`
    const now = clock.now().getTime()
    const before = told.get(key)
    if (before !== undefined && now - before.at < cooldownMs) {
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
      const named = event.container?.imageDigest
      if (named !== undefined && named !== image) return []
      window.events++
      // What nothing is known about is not new; but a program that is no file of the image is never expected.
      const isForeign = event.type === 'exec' && (event.origin === 'memory' || event.origin === 'upper-layer')
      if (!isKnown(event)) window.unobserved++
      const deviations = isKnown(event) || isForeign ? judgeEvent(event, index, hasNetworkParent(event)) : []
      if (event.type === 'connect' || event.type === 'listen') {
        const key = event.protocol === 'unix' ? undefined : processKey(event, event.process.pid)
        if (key !== undefined) {
          if (networkProcesses.size >= maxProcesses)
            networkProcesses.delete(networkProcesses.values().next().value!)
          networkProcesses.add(key)
        }
      }
      return deviations.map((deviation) => tell(event, deviation)).filter((one) => one !== undefined)
    },
    status() {
      const unknown: UnknownReason[] = []
      if (profile.state !== 'approved' && profile.state !== 'enforced')
        unknown.push({ code: 'not-approved', message: `the profile is ${profile.state}`, count: 1 })
      if (!profile.images.includes(image))
        unknown.push({ code: 'other-image', message: `the profile is not of ${image}`, count: 1 })
      if (window.gaps > 0)
        unknown.push({ code: 'events-missing', message: 'events are missing', count: window.gaps })
      if (window.unobserved > 0)
        unknown.push({
          code: 'not-observed',
          message: `the profile knows nothing of some kinds: it has ${profile.observes.join(', ')}`,
          count: window.unobserved,
        })
      if (window.events === 0) unknown.push({ code: 'no-events', message: 'nothing was seen', count: 0 })
      const isAccepted = !unknown.some(({ code }) => code === 'not-approved' || code === 'other-image')
      const hasFindings = Object.values(window.findings).some((count) => count > 0)
      const state = isAccepted && hasFindings ? 'deviating' : unknown.length > 0 ? 'unknown' : 'expected'
      return {
        state,
        verdict: state === 'expected' ? 'pass' : state === 'deviating' ? 'fail' : 'error',
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
  findings: { critical: 0, high: 0, medium: 0, low: 0 } satisfies Record<FindingGrade, number>,
})

/** Files that differ in a number are the same finding. */
function subjectKey(event: BehaviourEvent, { subject }: FoundDeviation): string {
  return event.type === 'open' ? shapeOf(event.isPattern ? subject : escapePath(subject)).skeleton : subject
}
