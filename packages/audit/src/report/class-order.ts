import { type AuditClass, auditClasses } from '../audit-class.ts'
import type { AuditRecord } from '../audit-record.ts'

/** Classes that charts show as one, worst first. */
export const classGroups = {
  'not judged': ['error'],
  'not trusted': ['unverifiable', 'unsigned', 'wrong-identity'],
  'not decided': ['no-decision', 'decision-elsewhere', 'decision-stale'],
  'fails today': ['would-fail-today'],
  incomplete: ['no-sbom', 'sbom-disagrees', 'no-provenance', 'legacy-only'],
  compliant: ['compliant'],
} as const satisfies Record<string, readonly AuditClass[]>

/** Name of a group of {@link classGroups}. */
export type ClassGroup = keyof typeof classGroups

export const groupNames = Object.keys(classGroups) as ClassGroup[]

const groups = new Map<AuditClass, ClassGroup>(
  groupNames.flatMap((group) => classGroups[group].map((each) => [each, group] as const)),
)

/** The group of a class. One that is not known, as of a later version, is not judged. */
export const groupOf = (auditClass: AuditClass): ClassGroup => groups.get(auditClass) ?? 'not judged'

/** Place of a class, worst first. One that is not known stands with the worst. */
export const rankOf = (auditClass: AuditClass): number => Math.max(auditClasses.indexOf(auditClass), 0)

/** Whether something is to be done about a record. */
export const isFlagged = ({ class: auditClass }: AuditRecord): boolean =>
  auditClass !== undefined && auditClass !== 'compliant'

/** Whether it is known to run. */
export const isRunning = ({ deployments }: AuditRecord): boolean => (deployments?.length ?? 0) > 0

/** All classes that a record is flagged with, worst first, each once; none for a record that is not flagged. */
export function flagsOf(record: AuditRecord): Exclude<AuditClass, 'compliant'>[] {
  if (!isFlagged(record)) return []
  const found = new Set([record.class, ...record.problems.map((problem) => problem.class)])
  return auditClasses.filter(
    (auditClass): auditClass is Exclude<AuditClass, 'compliant'> =>
      auditClass !== 'compliant' && found.has(auditClass),
  )
}

/** Counts by class as counts by group; groups without any are left out. */
export function countGroups(classes: Readonly<Partial<Record<AuditClass, number>>>): Map<ClassGroup, number> {
  const counts = new Map<ClassGroup, number>()
  for (const group of groupNames) {
    const sum = classGroups[group].reduce((total, each) => total + (classes[each] ?? 0), 0)
    if (sum > 0) counts.set(group, sum)
  }
  return counts
}

/** Flagged and running first, then by class, then by name: an order without ties among the records of an audit. */
export function compareUrgency(one: AuditRecord, other: AuditRecord): number {
  return (
    Number(isFlagged(other)) - Number(isFlagged(one)) ||
    Number(isRunning(other)) - Number(isRunning(one)) ||
    placeOf(one) - placeOf(other) ||
    compareKeys(one, other)
  )
}

/** Order of the records of an archive; one without a digest is known by its tag. */
export function compareKeys(one: AuditRecord, other: AuditRecord): number {
  return (
    compareText(one.repository, other.repository) ||
    compareText(one.digest ?? '', other.digest ?? '') ||
    (one.digest === undefined ? compareText(one.tags[0] ?? '', other.tags[0] ?? '') : 0)
  )
}

const placeOf = ({ class: auditClass }: AuditRecord) =>
  auditClass === undefined ? auditClasses.length : rankOf(auditClass)

/** Order of texts by their bytes in UTF-8, as databases have it. */
export function compareText(one: string, other: string): number {
  return one === other ? 0 : Buffer.compare(Buffer.from(one), Buffer.from(other))
}
