import type { Decision, DecisionReason } from '../decision.ts'
import type { JudgedFinding } from '../judged-finding.ts'
import {
  describeExclusion,
  describeFix,
  describeNeed,
  describeUpgrade,
  describeUrgency,
} from './describe-finding.ts'
import type { PackageFindings } from './group-findings.ts'
import {
  count,
  countFindings,
  describeCount,
  describeMode,
  describeOutcome,
  describeWaiver,
  outlineDecision,
  type OutlinedReason,
} from './outline-decision.ts'
import { visibleText } from './visible-text.ts'

/** Options of {@link explain}. */
export interface ExplainOptions {
  /** Most packages to write out for each reason. Default 20; the rest is counted. */
  readonly maxPackages?: number | undefined
  /** Most findings to write out for each package. Default 10; the rest is counted. */
  readonly maxFindings?: number | undefined
  /** Colours for a terminal that knows ANSI sequences. Default `false`. */
  readonly color?: boolean | undefined
}

/** Rules are cut at more lines than anybody reads in a terminal; the other renderers write all. */
const maxLines = 40

const outcomes = { holds: 'holds   ', broken: 'BROKEN  ', 'does not apply': 'no case ' } as const

const colors: Readonly<Record<string, string>> = {
  PASS: '32',
  FAIL: '31',
  ERROR: '31',
  'COULD NOT BE JUDGED': '31',
  WARNING: '33',
  AUDIT: '36',
  'BREAK-GLASS': '35',
}

/**
 * Writes a decision as plain text that a developer can act on without asking anyone. Names that come out of the image
 * are escaped: they can neither move the cursor nor hide.
 */
export function explain(
  decision: Decision,
  { maxPackages = 20, maxFindings = 10, color = false }: ExplainOptions = {},
): string {
  const outline = outlineDecision(decision)
  const word = (text: string) => (color && colors[text] ? `\u001b[1;${colors[text]}m${text}\u001b[0m` : text)
  const lines: string[] = [
    `${word(outline.title)}  ${shown(decision.destination)}`,
    `tier ${shown(decision.tier)}, ${decision.subject}, ${shown(decision.evaluatedAt)}`,
    outline.summary,
  ]
  if (outline.breakGlass !== undefined) lines.push('', `${word('BREAK-GLASS')}: ${shown(outline.breakGlass)}`)

  // A package is explained where it is first named; below it is only named.
  const explained = new Set<string>()
  const reason = (entry: OutlinedReason) => {
    const rule = entry.rule === undefined ? entry.code : `${entry.rule} (${entry.code})`
    const { evaluated } = entry
    const mode = evaluated && evaluated.mode !== 'enforce' ? `, ${describeMode(evaluated)}` : ''
    lines.push(
      '',
      `${word(entry.weight)}  ${shown(rule)}${suffix(entry)}${shown(mode)}`,
      `  ${shown(entry.message)}`,
    )
    for (const group of entry.packages.slice(0, maxPackages)) {
      lines.push(...describeGroup(group, maxFindings, explained.has(group.purl)))
      explained.add(group.purl)
    }
    const rest = entry.packages.slice(maxPackages)
    if (rest.length > 0) {
      lines.push(`  … and ${count(countFindings(rest), 'finding')} in ${count(rest.length, 'more package')}`)
    }
    const offenders = entry.offenders ?? []
    lines.push(
      ...capped(
        offenders.map((offender) => `  - ${shown(offender)}`),
        maxPackages,
        '  ',
      ),
    )
    if (entry.remedy !== undefined) lines.push(`  What lifts it: ${shown(entry.remedy, 1000)}`)
  }
  for (const entry of outline.decisive) reason(entry)
  if (outline.pending.length > 0) {
    lines.push('', 'Without weight in this verdict, but broken:')
    for (const entry of outline.pending) reason(entry)
  }

  const section = (title: string, entries: readonly string[], most = maxLines) => {
    if (entries.length > 0) lines.push('', title, ...capped(entries, most, '  '))
  }
  section(
    'Rules',
    outline.rules.map((rule) => {
      const counted = describeCount(rule)
      return `  ${outcomes[describeOutcome(rule)]}  ${shown(rule.rule)}${counted === '' ? '' : `: ${counted}`}  [${shown(describeMode(rule))}]`
    }),
  )
  section(
    'Waivers',
    outline.waivers.map(
      (waiver) => `  ${shown(waiver.id)}: ${shown(describeWaiver(waiver))}, owner ${shown(waiver.owner)}`,
    ),
  )
  section('Waived', outline.waived.flatMap(describeExclusions))
  section('Set aside', outline.setAside.flatMap(describeExclusions))
  section(
    'Notes',
    outline.notes.map(
      (note: DecisionReason) =>
        `  ${shown(note.code)}: ${shown(note.message)}${note.remedy === undefined ? '' : ` What lifts it: ${shown(note.remedy)}`}`,
    ),
  )
  section(
    'Rests on',
    outline.inputs.slice(4).map(([name, value]) => `  ${name}: ${shown(value)}`),
  )
  return lines.join('\n')
}

function describeGroup(group: PackageFindings, maxFindings: number, brief: boolean): string[] {
  const { findings, used } = group
  const head = `  ${shown(group.package)} ${shown(group.version)}  [${used.usage}]`
  const upgrade = describeUpgrade(group)
  const lines = [upgrade === undefined ? head : `${head}  ${shown(upgrade)}`]
  lines.push(
    ...capped(
      findings.map((finding) => describeFinding(finding, brief)),
      maxFindings,
      '    ',
    ).flat(),
  )
  const need = describeNeed(used)
  if (need !== undefined && !brief) lines.push(`    ${shown(need, 2000)}`)
  return lines
}

function describeFinding(finding: JudgedFinding, brief: boolean): string {
  const { id, severity, nearMiss } = finding
  const exclusion = describeExclusion(finding)
  const words = [id, severity, describeFix(finding), ...(brief ? [] : describeUrgency(finding))]
  const lines = [`    ${words.map((part) => shown(part)).join('  ')}`]
  if (exclusion !== undefined) lines.push(`      ${shown(exclusion)}`)
  if (nearMiss) lines.push(`      waiver ${shown(nearMiss.waiver)} does not apply: ${shown(nearMiss.why)}`)
  return lines.join('\n')
}

const describeExclusions = ({ findings, package: name, version }: PackageFindings): string[] =>
  findings.map(
    (finding) =>
      `  ${shown(finding.id)} in ${shown(name)} ${shown(version)}: ${shown(describeExclusion(finding) ?? '')}`,
  )

const suffix = (reason: OutlinedReason): string => {
  const counted = describeCount(reason)
  return counted === '' ? '' : `: ${counted}`
}

function capped(lines: readonly string[], most: number, indent: string): string[] {
  return lines.length <= most
    ? [...lines]
    : [...lines.slice(0, most), `${indent}… and ${lines.length - most} more`]
}

const shown = (text: string, maxLength = 400): string => visibleText(text, { maxLength })
