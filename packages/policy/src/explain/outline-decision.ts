import { formatCount as count } from '@sallyport/core'
import type { Decision, DecisionReason, EvaluatedRule, WaiverState } from '../decision.ts'
import type { JudgedFinding } from '../judged-finding.ts'
import { isCounted } from '../suppression.ts'
import { groupFindings, type PackageFindings } from './group-findings.ts'

export { count }

/** A reason with its findings by package. */
export interface OutlinedReason extends DecisionReason {
  readonly packages: readonly PackageFindings[]
  /** The rule that gave it, where one did. */
  readonly evaluated?: EvaluatedRule | undefined
  /** One or two words that tell its weight, e.g. `FAIL` or `WARN`. */
  readonly weight: string
}

/** A decision in the order in which a person reads it; all renderers write this. */
export interface DecisionOutline {
  readonly title: string
  /** One sentence of what it came to. */
  readonly summary: string
  /** Set when somebody let it through: who, until when, why. */
  readonly breakGlass?: string | undefined
  /** What makes the verdict: `error` before `fail`. */
  readonly decisive: readonly OutlinedReason[]
  /** What would make it, were its rule enforced: `warn` before `audit`. */
  readonly pending: readonly OutlinedReason[]
  readonly notes: readonly DecisionReason[]
  readonly rules: readonly EvaluatedRule[]
  readonly waived: readonly PackageFindings[]
  readonly setAside: readonly PackageFindings[]
  readonly waivers: readonly WaiverState[]
  /** What it rests on, as pairs of name and value. */
  readonly inputs: readonly (readonly [name: string, value: string])[]
}

const titles = { pass: 'PASS', fail: 'FAIL', error: 'ERROR' } as const
const weights = {
  error: 'COULD NOT BE JUDGED',
  fail: 'FAIL',
  warn: 'WARNING',
  audit: 'AUDIT',
  note: 'note',
} as const

/** Sorts a decision into what a reader wants first. */
export function outlineDecision(decision: Decision): DecisionOutline {
  const rules = new Map(decision.rules.map((rule) => [rule.rule, rule]))
  const of = (effect: DecisionReason['effect']): OutlinedReason[] =>
    decision.reasons
      .filter((reason) => reason.effect === effect)
      .map((reason) => ({
        ...reason,
        packages: groupFindings(reason.findings ?? []),
        evaluated: reason.rule === undefined ? undefined : rules.get(reason.rule),
        weight: weights[effect],
      }))
  const decisive = [...of('error'), ...of('fail')]
  const pending = [...of('warn'), ...of('audit')]
  return {
    title: titles[decision.verdict],
    summary: summarize(decision),
    breakGlass: describeBreakGlass(decision),
    decisive,
    pending,
    notes: decision.reasons.filter(({ effect }) => effect === 'note'),
    rules: decision.rules,
    waived: groupFindings(decision.findings.filter(({ waivedBy }) => waivedBy !== undefined)),
    setAside: groupFindings(
      decision.findings.filter(
        ({ waivedBy, suppressed }) => waivedBy === undefined && suppressed !== undefined,
      ),
    ),
    waivers: decision.waivers,
    inputs: describeInputs(decision),
  }
}

/** What a rule counted against what it allows; empty for rules that do not count. */
export function describeCount({ limit, actual }: Pick<DecisionReason, 'limit' | 'actual'>): string {
  if (actual !== undefined && limit !== undefined) return `${actual}, limit ${limit}`
  if (limit !== undefined) return `limit ${limit}`
  return actual === undefined ? '' : String(actual)
}

/** What a rule came to, in a word or three. */
export const describeOutcome = ({ holds, applies }: EvaluatedRule): 'holds' | 'broken' | 'does not apply' =>
  applies === false ? 'does not apply' : holds ? 'holds' : 'broken'

/** Why a rule has no say yet, or the mode that it runs in. */
export const describeMode = ({ mode, enforceFrom }: EvaluatedRule): string =>
  enforceFrom === undefined ? mode : `${mode}, enforced from ${enforceFrom}`

/** The state of a waiver, with what its owner has to know. */
export function describeWaiver({ state, nearExpiry, expires, why, findings }: WaiverState): string {
  const soon = nearExpiry === true && state !== 'expired' ? 'ends soon' : undefined
  const covers = state === 'applied' ? `covers ${count(findings, 'finding')}` : undefined
  const ends = state === 'expired' ? `expired ${expires}` : `until ${expires}`
  return [state === 'expired' ? undefined : state, covers, soon, ends, why]
    .filter((part) => part !== undefined)
    .join(', ')
}

/** What the decision comes to, before anybody let it through. */
function summarize({ verdict, reasons, rules, findings, breakGlass }: Decision): string {
  const number = (effect: DecisionReason['effect']) =>
    reasons.filter((reason) => reason.effect === effect).length
  const said =
    verdict === 'error'
      ? `It could not be judged: ${count(number('error'), 'thing')} gave no answer, and no answer is not a good one.`
      : verdict === 'fail'
        ? `${count(number('fail'), 'reason')} to stop it.`
        : breakGlass?.needed === true
          ? `The policy stops it for ${count(number('fail'), 'reason')}, and somebody let it through.`
          : 'Every enforced rule holds.'
  const counted = findings.filter(isCounted).length
  const broken = rules.filter(({ holds }) => !holds).length
  const pending = number('warn') + number('audit')
  return [
    said,
    ` ${count(rules.length, 'rule')}, ${broken} not held`,
    pending > 0 ? ` (${pending} of no weight yet)` : '',
    `; ${count(findings.length, 'finding')}, ${counted} counted.`,
  ].join('')
}

function describeBreakGlass({ breakGlass }: Decision): string | undefined {
  if (!breakGlass) return undefined
  const { actor, expires, justification, ticket, needed } = breakGlass
  const reference = ticket === undefined ? '' : ` (${ticket})`
  const effect = needed ? 'Without it the image would have been stopped' : 'It was not needed'
  return `${actor} let it through until ${expires}: ${justification}${reference}. ${effect}.`
}

function describeInputs({
  inputs,
  policy,
  subject,
  evaluatedAt,
  tier,
  destination,
}: Decision): [string, string][] {
  return [
    ['destination', destination],
    ['subject', subject],
    ['tier', tier],
    ['evaluated at', evaluatedAt],
    ['policy', `${policy.source}, ${policy.digest}`],
    ...inputs.waivers.map(({ source, digest }): [string, string] => ['waivers', `${source}, ${digest}`]),
    ['packages', String(inputs.packages)],
    ...inputs.scanners.map(({ name, version, status, data }): [string, string] => [
      'scanner',
      [`${name} ${version}, ${status}`, ...data.map(describeData)].join('; '),
    ]),
    ...inputs.evidence.map((digest): [string, string] => ['evidence', digest]),
  ]
}

const describeData = ({
  name,
  digest,
  updatedAt,
}: Decision['inputs']['scanners'][number]['data'][number]): string =>
  `${name} of ${updatedAt ?? 'unknown date'}${digest === undefined ? '' : ` (${digest})`}`

/** Findings of all groups together. */
export const countFindings = (groups: readonly { readonly findings: readonly JudgedFinding[] }[]): number =>
  groups.reduce((sum, { findings }) => sum + findings.length, 0)
