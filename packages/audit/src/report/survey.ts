import type { AuditClass } from '../audit-class.ts'
import type { AuditRecord } from '../audit-record.ts'
import { type ClassGroup, compareText, compareUrgency, groupOf, isFlagged, isRunning } from './class-order.ts'
import { keepFirst } from './keep-first.ts'

/** How a repository stands. */
export interface SurveyedRepository {
  readonly repository: string
  /** Judged manifests by class. */
  readonly classes: Readonly<Partial<Record<AuditClass, number>>>
  readonly judged: number
  readonly flagged: number
  /** Flagged and known to run. */
  readonly running: number
}

/** What the records of an audit come to, in a size that does not depend on how many there are. */
export interface Survey {
  /** The worst repositories: most flagged and running, then most flagged. Only those with any flagged. */
  readonly repositories: readonly SurveyedRepository[]
  /** How many repositories have any flagged. */
  readonly flaggedRepositories: number
  /** Most urgent records: flagged and running first. Only flagged ones. */
  readonly urgent: readonly AuditRecord[]
  readonly flagged: number
  /** Flagged and known to run. */
  readonly running: number
  /** Whether it is known what runs: no record says so otherwise. */
  readonly joined: boolean
  /** Judged manifests by age and group. */
  readonly ages: ReadonlyMap<AgeBand, ReadonlyMap<ClassGroup, number>>
}

/** Ages of images at the start of the audit. */
export const ageBands = [
  'under 7 days',
  'under 30 days',
  'under 90 days',
  'under 180 days',
  'under a year',
  'a year and older',
  'not told',
] as const

/** One of {@link ageBands}. */
export type AgeBand = (typeof ageBands)[number]

const bandDays = [7, 30, 90, 180, 365]
const dayMs = 86_400_000

/** Options of {@link createSurvey}. */
export interface SurveyOptions {
  /** ISO 8601: ages are counted to it. */
  readonly startedAt: string
  /** Most repositories to name. */
  readonly repositories: number
  /** Most records to name. */
  readonly urgent: number
}

/** Counts records that come in the order of repositories. */
export function createSurvey(options: SurveyOptions): {
  add(record: AuditRecord): void
  finish(): Survey
} {
  const repositories = keepFirst<SurveyedRepository>(options.repositories, compareRepositories)
  const urgent = keepFirst(options.urgent, compareUrgency)
  const ages = new Map<AgeBand, Map<ClassGroup, number>>(ageBands.map((band) => [band, new Map()]))
  const startedAt = Date.parse(options.startedAt)
  let current: Tally | undefined
  let running = 0
  let joined = false
  const close = () => {
    if (current !== undefined && current.flagged > 0) repositories.add(current)
  }

  return {
    add(record) {
      joined ||= record.deployments !== undefined
      const { repository, class: auditClass } = record
      if (auditClass === undefined) return
      if (current?.repository !== repository) {
        close()
        current = { repository, classes: {}, judged: 0, flagged: 0, running: 0 }
      }
      current.judged++
      current.classes[auditClass] = (current.classes[auditClass] ?? 0) + 1
      const band = ages.get(ageOf(record, startedAt))!
      band.set(groupOf(auditClass), (band.get(groupOf(auditClass)) ?? 0) + 1)
      if (!isFlagged(record)) return
      current.flagged++
      urgent.add(record)
      if (!isRunning(record)) return
      current.running++
      running++
    },
    finish() {
      close()
      current = undefined
      return {
        repositories: repositories.list(),
        flaggedRepositories: repositories.seen,
        urgent: urgent.list(),
        flagged: urgent.seen,
        running,
        joined,
        ages,
      }
    },
  }
}

type Tally = {
  -readonly [Name in keyof SurveyedRepository]: Name extends 'classes'
    ? Partial<Record<AuditClass, number>>
    : SurveyedRepository[Name]
}

function compareRepositories(one: SurveyedRepository, other: SurveyedRepository): number {
  return (
    other.running - one.running ||
    other.flagged - one.flagged ||
    compareText(one.repository, other.repository)
  )
}

function ageOf({ pushedAt }: AuditRecord, startedAt: number): AgeBand {
  const days = pushedAt === undefined ? Number.NaN : (startedAt - Date.parse(pushedAt)) / dayMs
  if (Number.isNaN(days)) return 'not told'
  return ageBands[bandDays.findIndex((limit) => days < limit)] ?? 'a year and older'
}
