import type { Decision } from '../decision.ts'
import { severities } from '../explain/group-findings.ts'
import { count } from '../explain/outline-decision.ts'
import { barChart, type ChartPart } from './charts.ts'
import { countFates, type FindingFate, type FindingFates, type FindingsOrigin } from './finding-fates.ts'
import { markup, type Html } from './markup.ts'
import { stoppingChart } from './stopping-chart.ts'

/**
 * Charts of a decision's findings: by severity, before and after where `origin` says what there was before; where they
 * went; what stops the image, by rule and severity.
 */
export function findingCharts(decision: Decision, origin?: FindingsOrigin): Html {
  const fates = countFates(decision, origin)
  return markup`<h2 id="charts">At a glance</h2>
    <div class="charts">
      <section>
        <h3>Findings by severity${origin !== undefined && ', before and after'}</h3>
        ${severityChart(fates, origin)}
      </section>
      <section>
        <h3>Where the findings went</h3>
        ${fateChart(fates, decision, origin !== undefined)}
      </section>
      <section>
        <h3>What stops it</h3>
        ${stoppingChart(decision)}
      </section>
    </div>`
}

type SeverityPart = 'found' | 'breaks a rule' | 'counted' | 'set aside'

const judgedParts: readonly ChartPart<SeverityPart>[] = [
  { name: 'breaks a rule', tone: 'bad' },
  { name: 'counted', tone: 'warn' },
  { name: 'set aside', tone: 'mark', hollow: true },
]
const allParts: readonly ChartPart<SeverityPart>[] = [{ name: 'found', tone: 'faint' }, ...judgedParts]

function severityChart({ judged }: FindingFates, origin: FindingsOrigin | undefined): Html {
  const parts = origin === undefined ? judgedParts : allParts
  const bars = severities.flatMap((severity) => {
    const before = origin?.before[severity] ?? 0
    const found = judged.get(severity) ?? new Map()
    const after = found.values().reduce((sum, each) => sum + each, 0)
    if (before + after === 0) return []
    const breaking = found.get('breaks a rule') ?? 0
    const counted = found.get('counted') ?? 0
    const counts = new Map<SeverityPart, number>([
      ['breaks a rule', breaking],
      ['counted', counted],
      ['set aside', after - breaking - counted],
    ])
    const name = origin === undefined ? undefined : 'after'
    return [
      {
        label: markup`<span class="${severity}">${severity}</span>`,
        value: origin === undefined ? after : `${before} → ${after}`,
        tracks: [
          ...(origin === undefined
            ? []
            : [{ name: 'before', counts: new Map([['found', before]] as const) }]),
          { name, counts },
        ],
      },
    ]
  })
  if (bars.length === 0) return markup`<p>No finding.</p>`
  return barChart({ label: 'Findings by severity', parts, bars })
}

/** In the order in which they happen. */
const fateParts: readonly ChartPart<FindingFate>[] = [
  { name: 'removed with its package', tone: 'good' },
  { name: 'patched', tone: 'good', hollow: true },
  { name: 'vanished', tone: 'bad', hollow: true },
  { name: 'not accounted for', tone: 'bad', hollow: true },
  { name: 'set aside by VEX', tone: 'mark', hollow: true },
  { name: 'ignored by an imported rule', tone: 'mark', hollow: true },
  { name: 'waived', tone: 'mark', hollow: true },
  { name: 'counted', tone: 'warn' },
  { name: 'breaks a rule', tone: 'bad' },
]

function fateChart({ first, added, fates }: FindingFates, { verdict }: Decision, isFromFirst: boolean): Html {
  const total = first + added
  if (total === 0) return markup`<p>No finding.</p>`
  const label: Readonly<Record<FindingFate, string>> = {
    'removed with its package': 'removed by hardening, with their packages',
    patched: 'patched',
    vanished: 'not found again, although their packages stayed',
    'not accounted for': 'not accounted for',
    'set aside by VEX': 'set aside by VEX',
    'ignored by an imported rule': 'ignored by an imported rule',
    waived: 'waived',
    counted: verdict === 'error' ? 'left, and not judged to the end' : 'left, and allowed',
    'breaks a rule': 'left, and against an enforced rule',
  }
  const bars = fateParts.flatMap(({ name }) => {
    const number = fates.get(name) ?? 0
    if (number === 0) return []
    const value = `${number} (${share(number, total)})`
    return [{ label: label[name], value, tracks: [{ counts: new Map([[name, number]]) }] }]
  })
  const said = isFromFirst
    ? `The first scan found ${first}${added > 0 ? `, and hardening or patching brought ${added} more` : ''}.`
    : `${count(total, 'finding')} in the judged image; a decision does not tell what was there before hardening.`
  return markup`<p class="quiet">${said}</p>
    ${barChart({ label: 'Where the findings went', parts: fateParts, bars, legend: 'labels' })}`
}

/** Never 0 % of something, nor 100 % of less than all. */
function share(number: number, total: number): string {
  const percent = (number / total) * 100
  if (percent < 1) return 'under 1 %'
  return `${percent > 99 && number < total ? 99 : Math.round(percent)} %`
}
