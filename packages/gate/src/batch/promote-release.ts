import pLimit from 'p-limit'
import { GateError } from '../errors.ts'
import { withLease } from '../promote/hold-lease.ts'
import type { GateContext } from '../promote/gate-context.ts'
import { journalSteps } from '../promote/journal-steps.ts'
import type { PromotionOutcome } from '../promote/outcome.ts'
import type { PromotionRequest } from '../promote/request.ts'
import { type Candidate, rootOf } from '../promote/resolution.ts'
import {
  bringToTarget,
  endInOutcome,
  noteError,
  type PromotionRun,
  publishCandidate,
} from '../promote/run-promotion.ts'
import { toGateError } from '../promote/to-gate-error.ts'
import { checkSource } from '../steps/check-source.ts'
import { refuseFrozen } from '../steps/find-freeze.ts'
import { openTarget, readDestination } from '../steps/open-target.ts'
import { checkConcurrency, openBatch, type PromoteAllOptions } from './promote-all.ts'

/** Options of a release. */
export type ReleaseOptions = Omit<PromoteAllOptions, 'onOutcome'>

/** How a release ended. */
export interface ReleaseOutcome {
  /** Name of the release. */
  readonly name: string
  /** `pass` when every tag is where it should be. */
  readonly verdict: 'pass' | 'fail' | 'error'
  /** Of each member, in their order. One that was only held back has the error `RELEASE_STOPPED`. */
  readonly members: readonly PromotionOutcome[]
  /** Destinations whose tag is at the release, and those whose is not. */
  readonly released: readonly string[]
  /** Destinations of members that were held back because of another one. */
  readonly held: readonly string[]
}

interface Member {
  readonly run: PromotionRun
  candidate?: Candidate
  outcome?: PromotionOutcome
}

/**
 * Promotes several images as one release. All are brought to their targets and verified first; then every tag is looked
 * at once more, and only when all of them may move are they moved, one after the other. Registries move one tag at a
 * time: a conflict in that last moment leaves some moved and some not; the outcome names them, and running it again
 * completes the release.
 */
export async function promoteRelease(
  gate: GateContext,
  name: string,
  requests: readonly Omit<PromotionRequest, 'release'>[],
  { concurrency = 4, signal, onProgress }: ReleaseOptions = {},
): Promise<ReleaseOutcome> {
  signal?.throwIfAborted()
  checkConcurrency(concurrency)
  try {
    const destinations = readDestinations(gate, name, requests)
    return await withLease(gate.leases, destinations, async () => {
      await using batch = await openBatch(gate)
      const members = requests.map((each): Member => {
        const request: PromotionRequest = { ...each, release: name }
        const durable = journalSteps(gate.journal, gate.clock)
        const progress =
          onProgress && ((event: Parameters<typeof onProgress>[0]) => onProgress(event, request))
        return {
          run: { gate: batch.gate, request, durable, options: { signal, onProgress: progress }, memory: {} },
        }
      })
      await bringAll(members, concurrency)
      signal?.throwIfAborted()
      await publishAll(name, members)
      return describe(name, members)
    })
  } catch (cause) {
    signal?.throwIfAborted()
    const error = toGateError(cause)
    const members = requests.map((): PromotionOutcome => ({ verdict: 'error', error, platforms: [] }))
    return { name, verdict: 'error', members, released: [], held: requests.map(({ to }) => to) }
  }
}

function readDestinations(
  gate: GateContext,
  name: string,
  requests: readonly Pick<PromotionRequest, 'to'>[],
): readonly string[] {
  if (name.trim() === '') throw new GateError('OPTIONS_INVALID', 'a release has a name')
  if (requests.length === 0) throw new GateError('OPTIONS_INVALID', `release ${name} has no member`)
  const destinations = requests.map(({ to }) => readDestination(to, gate).name)
  const twice = destinations.find((each, at) => destinations.indexOf(each) !== at)
  if (twice) throw new GateError('OPTIONS_INVALID', `release ${name}: two members go to ${twice}`)
  return destinations
}

/** Brings every member to its target; also those after one that fails, so that all reasons are known at once. */
async function bringAll(members: readonly Member[], concurrency: number): Promise<void> {
  const limit = pLimit(concurrency)
  const settled = await Promise.allSettled(
    members.map((member) =>
      limit(async () => {
        const ended = await endInOutcome(member.run, async () => {
          const result = await bringToTarget(member.run)
          if (result.state === 'ended') return result.outcome
          member.candidate = result
          return undefined
        })
        if (ended) member.outcome = ended
      }),
    ),
  )
  for (const each of settled) if (each.status === 'rejected') throw each.reason
}

/** Moves the tags when every member may; else notes for each why it stays. */
async function publishAll(name: string, members: readonly Member[]): Promise<void> {
  let stoppedBy = await firstObstacle(members)
  for (const member of members) {
    const { run, candidate } = member
    if (!candidate) continue
    if (member.outcome) continue
    member.outcome = stoppedBy
      ? await noteError(run, held(name, run.request.to, stoppedBy))
      : await endInOutcome(run, () => publishCandidate(run, candidate))
    if (!stoppedBy && member.outcome.verdict !== 'pass') stoppedBy = run.request.to
  }
}

/** The destination of the first member that keeps the tags of all from moving. */
async function firstObstacle(members: readonly Member[]): Promise<string | undefined> {
  let first = members.find(({ outcome }) => outcome && outcome.verdict !== 'pass')?.run.request.to
  for (const member of members) {
    const { run, candidate } = member
    if (!candidate) continue
    const ended = await endInOutcome(run, async () => {
      await checkTag(run, candidate)
      return undefined
    })
    if (!ended) continue
    member.outcome = ended
    first ??= run.request.to
  }
  return first
}

/** Whether the tag of a member may be moved at this time. */
async function checkTag(
  { gate, request, options: { signal } }: PromotionRun,
  candidate: Candidate,
): Promise<void> {
  const { expected, destination: name } = candidate.resolution
  const destination = readDestination(request.to, gate)
  const target = await openTarget(destination)
  const current = (await target.findManifest(destination.tag, { signal }))?.descriptor.digest
  if (current === rootOf(candidate.preparation).digest) return
  if (current !== expected) {
    throw new GateError(
      'TAG_CONFLICT',
      `${name} is at ${current ?? 'no digest'}, expected ${expected ?? 'none'}: someone else moved it; release again`,
      { step: 'publish', side: 'target', retryable: true },
    )
  }
  refuseFrozen(gate.policy, request.tier, name, gate.clock.now())
  await checkSource(gate, request, candidate.resolution, signal)
}

function held(name: string, to: string, stoppedBy: string): GateError {
  return new GateError(
    'RELEASE_STOPPED',
    `${to} is verified and waits: release ${name} is stopped by ${stoppedBy}; release again when that is solved`,
    { step: 'publish', retryable: true },
  )
}

function describe(name: string, members: readonly Member[]): ReleaseOutcome {
  const outcomes = members.map(({ outcome }) => outcome!)
  const destinations = (passed: boolean) =>
    members.filter(({ outcome }) => (outcome!.verdict === 'pass') === passed).map(({ run }) => run.request.to)
  const verdicts = outcomes.map(({ verdict }) => verdict)
  const verdict = verdicts.every((each) => each === 'pass')
    ? 'pass'
    : verdicts.includes('fail')
      ? 'fail'
      : 'error'
  return { name, verdict, members: outcomes, released: destinations(true), held: destinations(false) }
}
