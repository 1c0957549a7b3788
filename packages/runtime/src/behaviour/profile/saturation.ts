import { RuntimeError } from '../../errors.ts'
import type { ProfileContent, ProfiledRun, RunPhase } from './profile.ts'

/** When enough was seen. No length of time alone is enough. */
export interface SaturationOptions {
  /** Complete lives of containers, start and shutdown included, that began after the last new thing. Default 3. */
  readonly quietRuns?: number | undefined
  /** Events in these lives. Default 100. */
  readonly quietEvents?: number | undefined
  /** How long these lives lasted together, in milliseconds. Default 0. */
  readonly quietMs?: number | undefined
  /** What complete lives must have gone through. Default `start`, `load`, `reload`, `probe`, `shutdown`. */
  readonly phases?: readonly RunPhase[] | undefined
  /** Lets programs pass of which nobody knows that they are the image's. Default `false`. */
  readonly unsafeAllowUncheckedExecutables?: boolean | undefined
}

/** Why a profile can't be proposed yet. */
export interface MissingCoverage {
  /** For machines; stable. */
  readonly code:
    | 'quiet-runs'
    | 'quiet-events'
    | 'quiet-time'
    | 'phases'
    | 'overflow'
    | 'unchecked-executables'
    | 'nothing-learned'
  /** In words: what there is and what is asked for. */
  readonly message: string
}

/**
 * What a profile lacks to be complete; nothing when it is. Runs with gaps never count.
 *
 * @throws {RuntimeError} `OPTIONS_INVALID` when a number is none, or no quiet run is asked for.
 */
export function findMissingCoverage(
  profile: ProfileContent,
  {
    quietRuns = 3,
    quietEvents = 100,
    quietMs = 0,
    phases = ['start', 'load', 'reload', 'probe', 'shutdown'],
    unsafeAllowUncheckedExecutables = false,
  }: SaturationOptions = {},
): readonly MissingCoverage[] {
  if (!(quietRuns >= 1) || !(quietEvents >= 0) || !(quietMs >= 0))
    throw new RuntimeError(
      'OPTIONS_INVALID',
      'quietRuns must be 1 or more, quietEvents and quietMs 0 or more',
      { subject: 'saturation' },
    )
  const missing: MissingCoverage[] = []
  const items = [
    profile.execs,
    profile.opens,
    profile.connects,
    profile.listens,
    profile.capabilities,
    profile.syscalls,
  ].flat()
  const lastNew = items.reduce((latest, { since }) => (since > latest ? since : latest), '')
  if (items.length === 0) missing.push({ code: 'nothing-learned', message: 'nothing was learned' })
  if (profile.overflow.length > 0)
    missing.push({ code: 'overflow', message: `too much to keep of: ${profile.overflow.join(', ')}` })

  const complete = profile.runs.filter(({ gaps }) => gaps === 0)
  const quiet = complete.filter(
    (run) => run.from > lastNew && run.phases.includes('start') && run.phases.includes('shutdown'),
  )
  if (quiet.length < quietRuns)
    missing.push({
      code: 'quiet-runs',
      message: `${quiet.length} complete runs since the last new thing (${lastNew}), of ${quietRuns}`,
    })
  const events = quiet.reduce((sum, run) => sum + run.events, 0)
  if (events < quietEvents)
    missing.push({ code: 'quiet-events', message: `${events} events in these runs, of ${quietEvents}` })
  const lasted = quiet.reduce((sum, run) => sum + durationOf(run), 0)
  if (lasted < quietMs)
    missing.push({ code: 'quiet-time', message: `these runs lasted ${lasted} ms, of ${quietMs}` })
  const unseen = phases.filter((phase) => !complete.some((run) => run.phases.includes(phase)))
  if (unseen.length > 0)
    missing.push({ code: 'phases', message: `no complete run went through: ${unseen.join(', ')}` })
  const unchecked = profile.execs.filter(({ isFromImage }) => !isFromImage).map(({ path }) => path)
  if (unchecked.length > 0 && !unsafeAllowUncheckedExecutables)
    missing.push({
      code: 'unchecked-executables',
      message: `not known to be of the image: ${unchecked.slice(0, 5).join(', ')}${unchecked.length > 5 ? ', …' : ''}`,
    })
  return missing
}

const durationOf = ({ from, to }: ProfiledRun) => Math.max(0, Date.parse(to) - Date.parse(from))
