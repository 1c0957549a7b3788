import type { UsageEdge } from '@sallyport/harden'
import type { JudgedFinding } from '../judged-finding.ts'
import type { PackageFindings } from './group-findings.ts'

const fixStates: Readonly<Record<JudgedFinding['fix']['state'], string>> = {
  fixed: 'fixed',
  'not-fixed': 'no fix yet',
  'wont-fix': 'its maker will not fix it',
  deferred: 'fix comes with a later update',
  'end-of-life': 'nobody repairs this package any more',
  unknown: 'nobody says whether there is a fix',
}

/** Says whether and how a finding can be fixed, e.g. `fixed in 1.2.3`. */
export function describeFix({ fix }: Pick<JudgedFinding, 'fix'>): string {
  const versions = fix.suggested === undefined ? fix.versions : [fix.suggested]
  return fix.state === 'fixed' && versions.length > 0
    ? `fixed in ${versions.join(', ')}`
    : fixStates[fix.state]
}

/** The nearest fix of a package's findings; `undefined` when none has one. */
export function describeUpgrade({ findings }: PackageFindings): string | undefined {
  const fixable = findings.filter(({ fix }) => fix.state === 'fixed' && fix.versions.length > 0)
  if (fixable.length === 0) return undefined
  const versions = [...new Set(fixable.map(({ fix }) => fix.suggested ?? fix.versions.at(-1)!))]
  // Versions have no order that is known here: the one that lifts all of them is left to the reader.
  const target = versions.length === 1 ? versions[0]! : `the highest of ${versions.join(', ')}`
  const share = fixable.length === findings.length ? '' : ` (lifts ${fixable.length} of ${findings.length})`
  return `upgrade to ${target}${share}`
}

/** What is known of exploitation and age, each a few words; empty when nothing is. */
export function describeUrgency({ kev, epss, since }: JudgedFinding): readonly string[] {
  const words: string[] = []
  if (kev) {
    const due = kev.dueDate === undefined ? '' : `, due ${kev.dueDate}`
    words.push(`exploited (KEV of ${kev.dateAdded}${due}${kev.ransomware === true ? ', by ransomware' : ''})`)
  }
  if (epss) words.push(`EPSS ${(epss.probability * 100).toFixed(1)} %`)
  if (since?.disclosure !== undefined) words.push(`disclosed ${day(since.disclosure)}`)
  if (since?.fix !== undefined) words.push(`fix since ${day(since.fix)}`)
  if (since?.firstSeen !== undefined) words.push(`seen here since ${day(since.firstSeen)}`)
  return words
}

/** Why a finding does not count, or who set it aside though it counts; `undefined` when nobody did. */
export function describeExclusion({ waivedBy, suppressed }: JudgedFinding): string | undefined {
  if (waivedBy !== undefined) return `waived by ${waivedBy}`
  if (!suppressed) return undefined
  const { kind, status, justification, statement, author, source, expires } = suppressed
  const why = [status, justification, statement].filter((part) => part !== undefined).join(', ')
  const who = author === undefined ? source : `${author} in ${source}`
  const until = expires === undefined ? '' : `, until ${expires}`
  return kind === 'scanner'
    ? `set aside by a scanner, but counted: ${why} (${who}${until})`
    : `set aside by ${kind === 'vex' ? 'VEX' : 'an imported ignore rule'}: ${why} (${who}${until})`
}

/** Why a package is in the image: the chain from an entry point, or what keeps it; `undefined` when nobody looked. */
export function describeNeed({ chain, keptBy, usage }: PackageFindings['used']): string | undefined {
  if (chain.length > 0) return `needed: ${formatChain(chain)}`
  if (keptBy !== undefined) return `kept: ${keptBy}`
  return usage === 'present' ? 'nothing reaches it: hardening can take it out' : undefined
}

/** Writes a chain of edges as `nginx [entry] → /usr/sbin/nginx [needed libz.so.1] → /usr/lib/…/libz.so.1`. */
export function formatChain(chain: readonly UsageEdge[]): string {
  const [first] = chain
  if (!first) return ''
  return chain.reduce(
    (text, { kind, proof, to }) =>
      `${text} [${kind}${proof !== undefined && kind !== 'entry' ? ` ${proof}` : ''}] → ${to}`,
    first.from,
  )
}

const day = (instant: string): string => instant.slice(0, 10)
