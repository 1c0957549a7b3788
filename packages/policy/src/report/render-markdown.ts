import type { Decision } from '../decision.ts'
import {
  describeExclusion,
  describeFix,
  describeNeed,
  describeUpgrade,
  describeUrgency,
} from '../explain/describe-finding.ts'
import {
  count,
  countFindings,
  describeCount,
  describeMode,
  describeOutcome,
  describeWaiver,
  outlineDecision,
  type OutlinedReason,
} from '../explain/outline-decision.ts'
import type { JudgedFinding } from '../judged-finding.ts'
import { escapeMarkdown as md } from './escape-markdown.ts'
import { createMarkdownBudget, type MarkdownBudget } from './markdown-budget.ts'

/** Options of {@link renderMarkdown}. */
export interface RenderMarkdownOptions {
  /** Most bytes of the text. Default 60 000, which a pull request's comment holds. At least 4 000. */
  readonly maxBytes?: number | undefined
}

const marks = { holds: '✓', broken: '✗', 'does not apply': '–' } as const

const icons: Readonly<Record<string, string>> = { PASS: '✅', FAIL: '❌', ERROR: '⚠️' }

/**
 * A decision as the comment of a pull request: verdict and reasons first, findings by package in folded parts. What does
 * not fit is counted at the end; nothing that the image names can become markup, a link or a mention.
 */
export function renderMarkdown(
  decision: Decision,
  { maxBytes = 60_000 }: RenderMarkdownOptions = {},
): string {
  const { title, summary, breakGlass, decisive, pending, notes, rules, waived, setAside, waivers, inputs } =
    outlineDecision(decision)
  const budget = createMarkdownBudget(Math.max(maxBytes, 4_000))
  budget.add(
    [
      `## ${icons[title] ?? ''} ${title}: ${md(decision.destination)}`,
      `Tier ${code(decision.tier)}, ${code(decision.subject)}, ${md(decision.evaluatedAt)}`,
      summary,
    ].join('\n\n'),
  )
  if (breakGlass !== undefined) budget.add(`> **Break-glass.** ${md(breakGlass, 2000)}`)
  for (const reason of decisive) addReason(budget, reason)
  if (pending.length > 0) budget.add('### Broken, but without weight in this verdict')
  for (const reason of pending) addReason(budget, reason)

  budget.list(
    `Waivers (${waivers.length})`,
    'waiver',
    waivers.map((waiver) => `- ${code(waiver.id)}: ${md(describeWaiver(waiver))}, owner ${md(waiver.owner)}`),
  )
  const excluded = [...waived, ...setAside]
  budget.list(
    `Waived and set aside (${countFindings(excluded)})`,
    'finding',
    excluded.flatMap(({ findings, package: name, version }) =>
      findings.map(
        (finding) =>
          `- ${code(finding.id)} in ${md(name)} ${md(version)}: ${md(describeExclusion(finding) ?? '')}`,
      ),
    ),
  )
  budget.list(
    `Notes (${notes.length})`,
    'note',
    notes.map((note) => `- ${code(note.code)} ${md(note.message)}${lifts(note.remedy)}`),
  )
  budget.list(
    `Rules (${rules.length})`,
    'rule',
    rules.map((rule) => {
      const counted = describeCount(rule)
      return `- ${marks[describeOutcome(rule)]} ${md(rule.rule)}${counted === '' ? '' : `: ${counted}`} (${md(describeMode(rule))})`
    }),
  )
  budget.list(
    'What it rests on',
    'input',
    inputs.map(([name, value]) => `- ${name}: ${md(value)}`),
  )
  return budget.finish()
}

function addReason(budget: MarkdownBudget, reason: OutlinedReason): void {
  const { weight, rule, code: reasonCode, message, remedy, packages, offenders = [], evaluated } = reason
  const counted = describeCount(reason)
  const mode = evaluated && evaluated.mode !== 'enforce' ? `, ${md(describeMode(evaluated))}` : ''
  budget.add(
    [
      `### ${weight}: ${md(rule ?? reasonCode)}`,
      `${md(message, 1000)} (${code(reasonCode)}${counted === '' ? '' : `, ${counted}`}${mode})`,
      ...(remedy === undefined ? [] : [`**What lifts it:** ${md(remedy, 1000)}`]),
    ].join('\n\n'),
    'reason',
  )
  for (const group of packages) {
    const upgrade = describeUpgrade(group)
    const head = `${md(group.package)} ${md(group.version)}, ${group.used.usage}, ${count(group.findings.length, 'finding')}, the worst ${group.findings[0]!.severity}${upgrade === undefined ? '' : `: ${md(upgrade)}`}`
    const need = describeNeed(group.used)
    budget.list(
      head,
      'finding',
      group.findings.map(describe),
      need === undefined ? undefined : code(need, 2000),
    )
  }
  budget.list(
    count(offenders.length, 'offender'),
    'offender',
    offenders.map((offender) => `- ${code(offender)}`),
  )
}

function describe(finding: JudgedFinding): string {
  const { id, severity, nearMiss } = finding
  const words = [
    `**${severity}**`,
    md(describeFix(finding)),
    ...describeUrgency(finding).map((part) => md(part)),
  ]
  const exclusion = describeExclusion(finding)
  if (exclusion !== undefined) words.push(md(exclusion))
  if (nearMiss) words.push(`waiver ${code(nearMiss.waiver)} does not apply: ${md(nearMiss.why)}`)
  return `- ${code(id)} ${words.join(', ')}`
}

const lifts = (remedy: string | undefined) => (remedy === undefined ? '' : ` What lifts it: ${md(remedy)}`)

const code = (text: string, maxLength?: number): string => `<code>${md(text, maxLength)}</code>`
