import { isCve } from '../advisories/advisory-ids.ts'
import { ScanError } from '../errors.ts'
import type { Finding, Suppression } from '../finding.ts'
import { isVouchedFor } from '../merge/is-vouched-for.ts'
import { createStatementMatcher, type VexImage } from './match-statement.ts'
import type { VexDocument, VexStatement, VexStatus } from './vex-document.ts'

/** A document and the reason why it is believed. */
export interface TrustedVex {
  /** What `readVex` read. */
  readonly document: VexDocument
  /** Where it is from: a file name, or the digest of an attestation. */
  readonly source: string
  /**
   * Who vouches for it, as the caller has verified it: the identity of a signature, or the owner of a file of one's
   * own. What the document says of its author is no reason.
   */
  readonly trustedAs: string
}

/** Options of {@link applyVex}. */
export interface ApplyVexOptions {
  /** The image that the findings are of. */
  readonly image: VexImage
  /** Documents and who vouches for each. */
  readonly documents: readonly TrustedVex[]
}

/** A statement with where it is from. */
export interface VexStatementReference {
  /** The statement. */
  readonly statement: VexStatement
  /** File name or digest of its document. */
  readonly source: string
}

/** What statements did to findings. */
export interface AppliedVex {
  /** All findings, in their order; those that do not count have `suppressed`. */
  readonly findings: readonly Finding[]
  /** Statements that say too little to count, such as `not_affected` without a justification. */
  readonly rejected: readonly (VexStatementReference & { readonly reason: string })[]
  /** Statements about none of the findings: old ones, or ones whose product is named in another way. */
  readonly unmatched: readonly VexStatementReference[]
}

interface Candidate extends VexStatementReference {
  readonly trustedAs: string
  /** Milliseconds; the oldest of all without a time. */
  readonly time: number
}

/** What is said at the same time by several is taken as the worst of it. */
const caution: readonly VexStatus[] = ['affected', 'under_investigation', 'fixed', 'not_affected']

/**
 * Marks the findings that trusted VEX statements say are fixed or do not affect the image. Of several statements about
 * a finding the latest counts, of several at that time the most cautious. A statement is about a finding when it names
 * its vulnerability (id or alias), and either the image (by digest, or by a repository of `image`) or the package
 * (purl: version and qualifiers where given); with subcomponents, when one of them is the package too. `fixed` must
 * name the digest of the image or the version of the package. A finding that several CVEs were joined into is
 * suppressed when statements cover each of them.
 *
 * Nothing is dropped. A finding that VEX or an ignore rule suppressed before stays so; what only a scanner set aside is
 * now so for the reason of the statement.
 *
 * @throws {ScanError} `OPTIONS_INVALID` for a document that nobody vouches for.
 */
export function applyVex(findings: readonly Finding[], { image, documents }: ApplyVexOptions): AppliedVex {
  const matcher = createStatementMatcher(image)
  const candidates: Candidate[] = []
  const rejected: (VexStatementReference & { readonly reason: string })[] = []
  for (const { document, source, trustedAs } of documents) {
    if (trustedAs.trim() === '') {
      throw new ScanError('OPTIONS_INVALID', `${source}: nobody vouches for this VEX document`)
    }
    for (const statement of document.statements) {
      const reason = whyRejected(statement)
      if (reason === undefined) {
        const time = toTime(statement.timestamp)
        // what warns at no readable time may be the latest
        candidates.push({
          statement,
          source,
          trustedAs,
          time: Number.isNaN(time) ? Number.POSITIVE_INFINITY : time,
        })
      } else rejected.push({ statement, source, reason })
    }
  }
  const byVulnerability = groupByVulnerability(candidates)
  const matched = new Set<VexStatement>()
  const judged = findings.map((finding): Finding => {
    const about = [
      ...new Set([finding.id, ...finding.aliases].flatMap((id) => byVulnerability.get(id) ?? [])),
    ].filter(({ statement }) => matcher.applies(statement, finding))
    for (const { statement } of about) matched.add(statement)
    const suppressed = suppressionOf(finding, about)
    return suppressed === undefined || isVouchedFor(finding) ? finding : { ...finding, suppressed }
  })
  return {
    findings: judged,
    rejected,
    unmatched: candidates
      .filter(({ statement }) => !matched.has(statement))
      .map(({ statement, source }) => ({ statement, source })),
  }
}

function whyRejected({ status, justification, vulnerabilities, products, timestamp }: VexStatement) {
  if (vulnerabilities.length === 0) return 'it names no vulnerability'
  if (products.length === 0) return 'it names no product'
  const suppresses = status === 'not_affected' || status === 'fixed'
  if (suppresses && Number.isNaN(toTime(timestamp))) return 'its time is none'
  if (status === 'not_affected' && justification === undefined) {
    return 'not_affected without a justification label'
  }
  return undefined
}

function toTime(timestamp: string | undefined): number {
  return timestamp === undefined ? Number.NEGATIVE_INFINITY : Date.parse(timestamp)
}

function groupByVulnerability(candidates: readonly Candidate[]): ReadonlyMap<string, readonly Candidate[]> {
  const groups = new Map<string, Candidate[]>()
  for (const candidate of candidates) {
    for (const id of candidate.statement.vulnerabilities) {
      const group = groups.get(id)
      if (group === undefined) groups.set(id, [candidate])
      else group.push(candidate)
    }
  }
  return groups
}

/** The suppression that statements about a finding give; `undefined` when one of its CVEs is left. */
function suppressionOf({ id, aliases }: Finding, about: readonly Candidate[]): Suppression | undefined {
  const cves = [id, ...aliases].filter(isCve)
  const decisive =
    cves.length < 2
      ? [chooseStatement(about)]
      : cves.map((cve) =>
          chooseStatement(
            about.filter(({ statement: { vulnerabilities } }) => {
              const named = vulnerabilities.filter((one) => cves.includes(one))
              return named.length === 0 || named.includes(cve)
            }),
          ),
        )
  const suppressions = decisive.map((candidate) => candidate && toSuppression(candidate))
  return suppressions.every((one) => one !== undefined) ? suppressions[0] : undefined
}

function chooseStatement(about: readonly Candidate[]): Candidate | undefined {
  let latest = Number.NEGATIVE_INFINITY
  for (const { time } of about) latest = Math.max(latest, time)
  const last = about.filter(({ time }) => time === latest)
  return caution.map((status) => last.find(({ statement }) => statement.status === status)).find(Boolean)
}

function toSuppression({ statement, source, trustedAs }: Candidate): Suppression | undefined {
  const { status, justification, statement: text } = statement
  if (status !== 'not_affected' && status !== 'fixed') return undefined
  return { kind: 'vex', status, justification, statement: text, author: trustedAs, source }
}
