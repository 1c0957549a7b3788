import type { Digest } from '@sallyport/core'
import type { EvidenceRecord, UsageEvidence } from '@sallyport/harden/evidence'
import { RuntimeError } from '../../errors.ts'
import type { BehaviourProfile } from '../profile/profile.ts'
import { isPathPattern, unescapePath } from '../profile/path-pattern.ts'

/**
 * Gives what a profile knows about files to the hardener, as evidence of what its image uses. It counts as complete only
 * when someone approved it for this image alone, and no run of it had gaps.
 *
 * @throws {RuntimeError} `PROFILE_INVALID` when it is not of that image, or neither programs nor files were observed.
 */
export function toUsageEvidence(profile: BehaviourProfile, image: Digest): UsageEvidence {
  if (!profile.images.includes(image))
    throw new RuntimeError('PROFILE_INVALID', 'the profile is of other images', { subject: image })
  const observes = (['exec', 'open'] as const).filter(
    (kind) => profile.observes.includes(kind) && !profile.overflow.includes(kind),
  )
  if (observes.length === 0)
    throw new RuntimeError('PROFILE_INVALID', 'neither programs nor files were observed', {
      subject: profile.workload,
    })
  const { runs } = profile
  const gaps = runs.reduce((sum, run) => sum + run.gaps, 0)
  const isAnswered = profile.state === 'approved' || profile.state === 'enforced'
  const isComplete = isAnswered && profile.images.length === 1 && runs.length > 0 && gaps === 0
  const records: EvidenceRecord[] = []
  if (observes.includes('exec'))
    for (const { path } of profile.execs) records.push({ path, operation: 'exec', count: 1, exact: true })
  if (observes.includes('open'))
    for (const { path } of profile.opens) {
      const exact = !isPathPattern(path)
      records.push({
        path: exact ? unescapePath(path) : toEvidencePattern(path),
        operation: 'open',
        count: 1,
        exact,
      })
    }
  return {
    source: 'behaviour-profile',
    images: [image],
    from: runs.map(({ from }) => from).sort()[0],
    to: runs
      .map(({ to }) => to)
      .sort()
      .at(-1),
    coverage: isComplete ? 'complete' : 'partial',
    observes,
    records: records.sort((one, other) => compareText(keyOf(one), keyOf(other))),
    missing: [],
    gaps: gaps > 0 ? [{ code: 'LOST_EVENTS', message: 'events of runs are missing', count: gaps }] : [],
  }
}

const keyOf = ({ path, operation, exact }: EvidenceRecord) => `${path}\0${operation}\0${exact}`
const compareText = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0)

/** The hardener's patterns know a part, not a piece of one: what has a piece becomes the whole part. */
const toEvidencePattern = (pattern: string) =>
  pattern
    .split('/')
    .map((part) => (isPathPattern(part) || part === '⋯' ? '⋯' : unescapePath(part)))
    .join('/')
