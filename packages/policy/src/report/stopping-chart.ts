import type { Severity } from '@sallyport/scan'
import type { Decision } from '../decision.ts'
import { count } from '../explain/outline-decision.ts'
import { barChart, type ChartPart } from './charts.ts'
import { addTo } from './finding-fates.ts'
import { markup, type Html } from './markup.ts'

/** Most rules in a chart; the reasons below it have all. */
const maxRules = 20

/** Colours of severities, the same on all pages. */
export const severityParts: readonly ChartPart<Severity>[] = [
  { name: 'critical', tone: 'bad' },
  { name: 'high', tone: 'warn' },
  { name: 'unknown', tone: 'warn', hollow: true },
  { name: 'medium', tone: 'link' },
  { name: 'low', tone: 'link', hollow: true },
  { name: 'negligible', tone: 'faint' },
]

type Offender = Severity | 'other'

const stoppingParts: readonly ChartPart<Offender>[] = [...severityParts, { name: 'other', tone: 'mark' }]

/** What breaks an enforced rule or could not be judged, by rule and severity; what several platforms say of a rule is one. */
export function stoppingChart({ reasons, breakGlass }: Decision): Html {
  const rules = new Map<string, { readonly seen: Set<string>; readonly counts: Map<Offender, number> }>()
  for (const { effect, rule, code, findings = [], offenders = [] } of reasons) {
    if (effect !== 'fail' && effect !== 'error') continue
    const { seen, counts } = rules.get(rule ?? code) ?? {
      seen: new Set<string>(),
      counts: new Map<Offender, number>(),
    }
    rules.set(rule ?? code, { seen, counts })
    const take = (key: string, offender: Offender) => {
      if (seen.has(key)) return
      seen.add(key)
      addTo(counts, offender, 1)
    }
    for (const { id, purl, severity } of findings) take(JSON.stringify([id, purl]), severity)
    for (const offender of offenders) take(offender, 'other')
  }
  if (rules.size === 0) return markup`<p>Nothing stops this image.</p>`
  const bars = [...rules].slice(0, maxRules).map(([rule, { seen, counts }]) => {
    const others = counts.get('other') ?? 0
    const said = [
      seen.size > others && count(seen.size - others, 'finding'),
      others > 0 && count(others, 'other offender'),
    ]
    return {
      label: rule,
      value: said.filter((part) => part !== false).join(', ') || 'no finding',
      tracks: [{ counts }],
    }
  })
  return markup`${breakGlass?.needed === true && markup`<p class="quiet">Somebody let it through all the same.</p>`}
    ${barChart({ label: 'What stops it, by rule and severity', parts: stoppingParts, bars })}
    ${rules.size > maxRules && markup`<p>… and ${count(rules.size - maxRules, 'more rule')}: see <a href="#reasons">reasons</a>.</p>`}`
}
