import type { UsageEdge } from '@sallyport/harden'
import type { Decision } from '../decision.ts'
import type { JudgedFinding } from '../judged-finding.ts'

/** Options of {@link explain}. */
export interface ExplainOptions {
  /** Most findings to write out for each reason. Default 20; the rest is counted. */
  readonly maxFindings?: number | undefined
}

const titles = { pass: 'PASS', fail: 'FAIL', error: 'ERROR (could not be judged)' } as const

/** Writes a decision as plain text that a developer can act on without asking anyone. */
export function explain(decision: Decision, { maxFindings = 20 }: ExplainOptions = {}): string {
  const lines = [
    `${titles[decision.verdict]}  ${decision.destination}  ${decision.subject}`,
    `tier ${decision.tier}, policy ${decision.policy.source} (${decision.policy.digest}), ${decision.evaluatedAt}`,
  ]
  for (const { effect, message, findings = [], remedy } of decision.reasons) {
    lines.push('', `${effect === 'note' ? 'note' : effect.toUpperCase()}: ${message}`)
    for (const finding of findings.slice(0, maxFindings)) lines.push(...describeFinding(finding))
    if (findings.length > maxFindings) lines.push(`  … and ${findings.length - maxFindings} more`)
    if (remedy) lines.push(`  What lifts it: ${remedy}`)
  }
  const waived = decision.findings.filter(({ waivedBy }) => waivedBy)
  if (waived.length > 0) {
    lines.push(
      '',
      `waived: ${waived.map(({ id, package: name, waivedBy }) => `${id} in ${name} (${waivedBy})`).join(', ')}`,
    )
  }
  for (const { id, package: name, suppressed } of decision.findings) {
    if (!suppressed) continue
    const { kind, status, justification, author, source } = suppressed
    const why = [status, justification].filter(Boolean).join(', ')
    const who = [author, source].filter(Boolean).join(' in ')
    lines.push(
      `${kind === 'scanner' ? 'set aside, but counted' : 'not counted'}: ${id} in ${name}: ${why} (${who})`,
    )
  }
  return lines.join('\n')
}

function describeFinding(finding: JudgedFinding): string[] {
  const { id, package: name, version, severity, fix, usage, chain, keptBy, nearMiss } = finding
  const fixText = fix.versions.length > 0 ? `fixed in ${fix.versions.join(', ')}` : fix.state
  const lines = [`  ${id}  ${severity}  ${name} ${version}  ${fixText}  [${usage}]`]
  if (chain.length > 0) lines.push(`    needed: ${formatChain(chain)}`)
  else if (keptBy) lines.push(`    kept: ${keptBy}`)
  if (nearMiss) lines.push(`    waiver ${nearMiss.waiver} does not apply: ${nearMiss.why}`)
  return lines
}

/** Writes a chain of edges as `nginx [entry] → /usr/sbin/nginx [needed libz.so.1] → /usr/lib/…/libz.so.1`. */
export function formatChain(chain: readonly UsageEdge[]): string {
  const [first] = chain
  if (!first) return ''
  return chain.reduce(
    (text, { kind, proof, to }) => `${text} [${kind}${proof && kind !== 'entry' ? ` ${proof}` : ''}] → ${to}`,
    first.from,
  )
}
