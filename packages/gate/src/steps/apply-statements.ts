import type { Digest } from '@sallyport/core'
import type { Inventory } from '@sallyport/inventory'
import type { PolicyFacts } from '@sallyport/policy'
import type { IgnoreFile, MergedScan, TrustedVex } from '@sallyport/scan'
import { applyIgnoreRules, applyVex } from '@sallyport/scan/findings'

/** An imported ignore file and who answers for it. */
export interface OwnedIgnoreFile extends Pick<IgnoreFile, 'rules'>, Partial<Pick<IgnoreFile, 'warnings'>> {
  /** Who answers for the file. */
  readonly owner: string
}

/** What the caller trusts to say that findings do not count. */
export interface TrustedStatements {
  /** Signed VEX documents, and by whom they count. */
  readonly vex?: readonly TrustedVex[] | undefined
  /** Ignore files of other tools. */
  readonly ignore?: readonly OwnedIgnoreFile[] | undefined
}

/** Options of {@link applyStatements}. */
export interface ApplyStatementsOptions extends TrustedStatements {
  /** Digests under which a statement may name the image. */
  readonly digests: readonly Digest[]
  /** `registry/repository` under which a statement may name it. */
  readonly repositories: readonly string[]
  /** Time by which expiries are judged. */
  readonly now: Date
}

/** How many statements that apply to nothing are written out. */
const maxListed = 10

/**
 * Marks the findings of an image that trusted VEX documents and imported ignore files say do not count, and notes what
 * had no effect: statements that were not believed or match nothing, rules that have expired.
 */
export function applyStatements(
  scan: MergedScan,
  { packages }: Inventory,
  { vex = [], ignore = [], digests, repositories, now }: ApplyStatementsOptions,
): { readonly scan: MergedScan; readonly notes: NonNullable<PolicyFacts['notes']> } {
  const notes: { code: string; message: string }[] = []
  const image = {
    digests,
    repositories,
    packages: packages.map(({ purl, evidence }) => ({ purl, path: evidence.path })),
  }
  const { findings, rejected, unmatched } = applyVex(scan.findings, { image, documents: vex })
  for (const { statement, source, reason } of rejected) {
    notes.push({
      code: 'vex-rejected',
      message: `${source}: ${statement.vulnerabilities.join(', ')}: ${reason}`,
    })
  }
  if (unmatched.length > 0) {
    const named = unmatched.map(({ statement, source }) => `${statement.vulnerabilities[0]} (${source})`)
    notes.push({ code: 'vex-unmatched', message: `VEX statements about nothing found: ${list(named)}` })
  }
  let marked: Pick<MergedScan, 'findings' | 'weaknesses'> = { findings, weaknesses: scan.weaknesses }
  for (const { rules, warnings = [], owner } of ignore) {
    const applied = applyIgnoreRules(marked, { rules, now, owner })
    marked = { findings: applied.findings, weaknesses: scan.weaknesses && applied.weaknesses }
    for (const { source, name, expires } of applied.expired) {
      const message = `${source}: ${name} expired on ${expires} and is not applied`
      notes.push({ code: 'ignore-expired', message })
    }
    if (applied.unused.length > 0) {
      const named = applied.unused.map(({ source, name }) => `${name} (${source})`)
      notes.push({ code: 'ignore-unused', message: `ignore rules about nothing found: ${list(named)}` })
    }
    notes.push(...warnings.map((message) => ({ code: 'ignore-warning', message })))
  }
  return { scan: { ...scan, ...marked }, notes }
}

function list(names: readonly string[]): string {
  const more = names.length - maxListed
  return `${names.slice(0, maxListed).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
