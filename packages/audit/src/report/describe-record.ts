import { formatPlatform } from '@sallyport/core'
import type { AuditedEvidence, AuditRecord, Deployment } from '../audit-record.ts'
import type { AuditSummary } from '../audit-report.ts'
import { count } from '@sallyport/policy/report'

/** Start of a digest, where the whole one stands elsewhere. */
const shortDigest = (digest: string): string => digest.slice(0, digest.indexOf(':') + 13)

/** `repository:tag` by its first tag, else `repository@` and the start of its digest. */
export function nameOf({ repository, tags, digest }: AuditRecord): string {
  if (tags[0] !== undefined) return `${repository}:${tags[0]}`
  return digest === undefined ? repository : `${repository}@${shortDigest(digest)}`
}

/** `registry/repository@digest`; with the first tag in place of a digest that is not known. */
export function fullNameOf({ registry, repository, tags, digest }: AuditRecord): string {
  const tag = tags[0] === undefined ? '' : `:${tags[0]}`
  return `${registry}/${repository}${digest === undefined ? tag : `@${digest}`}`
}

/** What a manifest is, with the platform of an image. */
export const kindOf = ({ role, platform }: AuditRecord): string =>
  platform === undefined ? role : `${role} ${formatPlatform(platform)}`

/** `cluster/namespace/workload (container)`. */
export function describeDeployment({ cluster, namespace, workload, container }: Deployment): string {
  const place = [cluster, namespace, workload].filter((part) => part !== undefined).join('/')
  return container === undefined ? place : `${place} (${container})`
}

/** The first places where a record runs, and how many more; empty where none is known. */
export function describeDeployments({ deployments = [] }: AuditRecord, most = 2): string {
  const rest = deployments.length - most
  return [...deployments.slice(0, most).map(describeDeployment), ...(rest > 0 ? [`${rest} more`] : [])].join(
    ', ',
  )
}

/** Who signed: the identity and its issuer, or the key. */
export function describeSigner({ signer }: AuditedEvidence): string {
  if (signer === undefined) return ''
  return signer.kind === 'key' ? `key ${signer.keyId}` : `${signer.subject} (${signer.issuer})`
}

/** What is wrong in a sentence; something is said of every flagged record. */
export const describeProblem = ({ problems, class: auditClass }: AuditRecord): string =>
  problems[0]?.message ??
  (auditClass === undefined || auditClass === 'compliant' ? '' : 'no reason was given')

/** What the audit covers and took, in sentences. */
export function describeCoverage(summary: AuditSummary): readonly string[] {
  const { repositories, tags, manifests, examined, reused, requests, startedAt, finishedAt } = summary
  return [
    finishedAt === undefined
      ? `Started ${startedAt} and not finished: what is here is not all.`
      : `Started ${startedAt}, finished ${finishedAt}.`,
    `${repositoryCount(repositories.audited)} audited, ${repositories.skipped} left out by a filter, ${repositories.failed} not listed; ${count(tags, 'tag')}, ${count(manifests, 'manifest')}.`,
    `${examined} examined, ${reused} known from before, ${count(requests, 'request')}.`,
    ...describeFilters(summary),
  ]
}

const firstOf = (patterns: readonly string[]): string =>
  `${patterns.slice(0, 20).join(', ')}${patterns.length > 20 ? ` and ${patterns.length - 20} more` : ''}`

/** What an audit was narrowed to, in a sentence; none when it looked at all. */
export function describeFilters({ filters = {} }: AuditSummary): readonly string[] {
  const { repositories, tags, pushedAfter, pushedBefore, pulledAfter, pulledBefore } = filters
  const within = (what: string, after: string | undefined, before: string | undefined): string[] => {
    const ends = [...(after ? [`from ${after}`] : []), ...(before ? [`before ${before}`] : [])]
    return ends.length === 0 ? [] : [`${what} ${ends.join(', ')}`]
  }
  const parts = [
    ...(repositories ? [`repositories ${firstOf(repositories)}`] : []),
    ...(tags ? [`tags ${firstOf(tags)}`] : []),
    ...within('pushed', pushedAfter, pushedBefore),
    ...within('last pulled', pulledAfter, pulledBefore),
  ]
  return parts.length === 0 ? [] : [`Only what was asked for: ${parts.join('; ')}.`]
}

/** How a count of repositories is written. */
export const repositoryCount = (number: number): string => count(number, 'repository', 'repositories')

/** `12 of 90` when only some are shown, else nothing. */
export const shownOf = (shown: number, all: number): string => (shown < all ? ` (${shown} of ${all})` : '')
