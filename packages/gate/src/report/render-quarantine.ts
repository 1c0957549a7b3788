import { formatBytes, formatPlatform } from '@sallyport/core'
import {
  barChart,
  type ChartPart,
  decisionContents,
  decisionHead,
  decisionSections,
  findingCharts,
  markup,
  pageContents,
  type Html,
  linkTo,
  renderChain,
  renderPage,
  renderPageHead,
  renderTable,
  severityParts,
  time,
} from '@sallyport/policy/report'
import type { JudgedFinding } from '@sallyport/policy'
import type {
  QuarantinedFinding,
  QuarantineEntry,
  QuarantineRecord,
  QuarantineState,
  QuarantineStatus,
  QuarantineSummary,
} from '../ports/quarantine-store.ts'
import { findingsOrigin } from '../promote/findings-origin.ts'
import { layerChart } from './layer-chart.ts'
import { evidenceTable } from './evidence-table.ts'

/** One quarantined image as a self-contained page: what stopped it, why, and what to do next. Same entry, same bytes. */
export function renderQuarantineHtml({ record, status }: QuarantineEntry): string {
  const { decision, nextSteps, findings, platforms, evidence } = record
  const layered = platforms.filter(({ layers }) => layers !== undefined)
  return renderPage({
    title: `Quarantine ${record.id}: ${record.destination}`,
    body: markup`${decisionHead(decision)}
      ${decisionContents([
        ['next', 'What to do next'],
        ['charts', 'At a glance'],
        ['stopped', 'What stopped it'],
        ...(layered.length > 0 ? [['layers', 'Size by layer'] as const] : []),
        ['platforms', 'Platforms'],
      ])}
      ${describeStatus(status)}
      <dl class="pairs">
        <dt>quarantine</dt>
        <dd><code>${record.id}</code>, ${time(record.quarantinedAt)}</dd>
        <dt>source</dt>
        <dd>${record.source}</dd>
        <dt>source digest</dt>
        <dd><code>${record.sourceDigest}</code></dd>
        <dt>destination</dt>
        <dd>${record.destination}</dd>
      </dl>
      <h2 id="next">What to do next</h2>
      ${
        nextSteps.length === 0
          ? markup`<p class="quiet">None.</p>`
          : markup`<ol>
              ${nextSteps.map((step) => markup`<li>${step}</li>`)}
            </ol>`
      }
      ${findingCharts(decision, findingsOrigin(platforms))}
      <h2 id="stopped">What stopped it</h2>
      ${renderStopping(findings, decision.findings)}
      ${
        layered.length > 0 &&
        markup`<h2 id="layers">Size by layer, before and after</h2>
          <div class="charts">
            ${layered.map(({ platform, layers }) => layerChart(formatPlatform(platform), layers!))}
          </div>`
      }
      <h2 id="platforms">Platforms</h2>
      ${renderPlatforms(platforms)} ${decisionSections(decision)}
      <h2 id="evidence">Evidence</h2>
      ${evidenceTable(evidence)}`,
  })
}

/** Options of {@link renderQuarantineListHtml}. */
export interface RenderQuarantineListOptions {
  /** Where the page of a record is, relative or of the web. Default: `<id>.html` beside the list. */
  readonly hrefOf?: ((id: string) => string) | undefined
  /** Set when the list is one page of a longer one. */
  readonly more?: boolean | undefined
}

/** Quarantined images as a self-contained page that can be filtered and sorted. Same records, same bytes. */
export function renderQuarantineListHtml(
  records: readonly QuarantineSummary[],
  { hrefOf = (id) => `${encodeURIComponent(id)}.html`, more = false }: RenderQuarantineListOptions = {},
): string {
  const open = records.filter(({ state }) => state === 'open').length
  return renderPage({
    title: `Quarantine: ${open} open`,
    body: markup`${renderPageHead({
      badge: open > 0 ? { text: `${open} OPEN`, kind: 'warn' } : { text: 'NONE OPEN', kind: 'pass' },
      title: 'Quarantine',
      summary: markup`${open} open of ${records.length}${more && ' shown; there are older ones'}.`,
    })}
      ${pageContents([
        ['charts', 'At a glance'],
        ['images', 'Images'],
      ])}
      <h2 id="charts">At a glance</h2>
      <div class="charts">
        <section>
          <h3>Images by their worst finding, and what became of them</h3>
          ${worstChart(records)}
        </section>
      </div>
      <h2 id="images">Images</h2>
      ${renderTable({
        caption: 'Stopped images, the latest first',
        columns: ['When', 'State', 'Source', 'Destination', 'Tier', 'Verdict', 'Worst', 'Findings', 'Reason'],
        filters: [
          { value: 'state', label: 'State' },
          { value: 'tier', label: 'Tier' },
          { value: 'verdict', label: 'Verdict' },
        ],
        rows: records.map(
          ({ id, state, quarantinedAt, source, destination, tier, verdict, worst, findings, reason }) => ({
            values: { state, tier, verdict },
            cells: [
              { content: time(quarantinedAt), order: quarantinedAt },
              state,
              { content: linkTo(hrefOf(id), source) },
              destination,
              tier,
              { content: markup`<span class="${verdict}">${verdict}</span>` },
              worst ?? '–',
              findings,
              reason,
            ],
          }),
        ),
      })}`,
  })
}

const stateParts: readonly ChartPart<QuarantineState>[] = [
  { name: 'open', tone: 'bad' },
  { name: 'approved', tone: 'warn' },
  { name: 'rejected', tone: 'mark' },
  { name: 'superseded', tone: 'faint', hollow: true },
]

/** Images by the worst severity that stopped them, and by state. */
function worstChart(records: readonly QuarantineSummary[]): Html {
  const bars = [...severityParts.map(({ name }) => name), undefined].flatMap((severity) => {
    const counts = new Map<QuarantineState, number>()
    for (const { worst, state } of records)
      if (worst === severity) counts.set(state, (counts.get(state) ?? 0) + 1)
    const value = counts.values().reduce((sum, each) => sum + each, 0)
    const label = severity === undefined ? 'no finding' : markup`<span class="${severity}">${severity}</span>`
    return value === 0 ? [] : [{ label, value, tracks: [{ counts }] }]
  })
  return barChart({ label: 'Images by their worst finding', parts: stateParts, bars })
}

function describeStatus(status: QuarantineStatus): Html {
  switch (status.state) {
    case 'open':
      return markup`<div class="banner" role="note">
        <strong>Open.</strong> Nobody has decided about it. A new push of a repaired image is judged anew and
        is not held back by this record.
      </div>`
    case 'approved':
      return markup`<div class="banner" role="note">
        <strong>Approved</strong> by ${status.approver} at ${time(status.at)}, until ${time(status.expires)}:
        ${status.reason} <span class="quiet">Waivers: ${status.waivers}</span>
      </div>`
    case 'rejected':
      return markup`<div class="banner" role="note">
        <strong>Rejected</strong> by ${status.by} at ${time(status.at)}: ${status.reason}
      </div>`
    case 'superseded':
      return markup`<div class="banner" role="note">
        <strong>Superseded</strong> at ${time(status.at)}: a newer source,
        <code>${status.sourceDigest}</code>, was ${status.cause}.
      </div>`
  }
}

function renderStopping(findings: readonly QuarantinedFinding[], judged: readonly JudgedFinding[]): Html {
  const keyOf = ({ id, purl }: { readonly id: string; readonly purl: string }) => JSON.stringify([id, purl])
  const chains = new Map(judged.map((finding) => [keyOf(finding), finding.chain]))
  return renderTable({
    caption: 'The worst first',
    columns: ['Severity', 'Vulnerability', 'Package', 'Fix', 'Rules', 'Platforms', "Why it can't be removed"],
    filters: [
      { value: 'severity', label: 'Severity' },
      { value: 'fix', label: 'Fix' },
    ],
    rows: findings.map(({ id, aliases, purl, severity, fix, kev, rules, platforms, why }) => ({
      values: { severity, fix: fix.state },
      cells: [
        {
          content: markup`<span class="${severity}">${severity}</span>`,
          order: severityParts.findIndex(({ name }) => name === severity),
        },
        [id, ...aliases, ...(kev ? ['known to be exploited'] : [])].join(', '),
        purl,
        fix.suggested === undefined ? fix.state : `${fix.state}: ${fix.suggested}`,
        rules.join(', '),
        platforms.join(', '),
        { content: renderWhy(chains.get(keyOf({ id, purl })), why) },
      ],
    })),
  })
}

const renderWhy = (chain: JudgedFinding['chain'] = [], why = 'nobody looked'): Html =>
  chain.length > 0 ? renderChain(chain) : markup`<span class="chain">${why}</span>`

const renderPlatforms = (platforms: QuarantineRecord['platforms']): Html =>
  renderTable({
    caption: 'Before and after hardening',
    columns: ['Platform', 'Verdict', 'Digest', 'Packages', 'Findings', 'Size'],
    rows: platforms.map(({ platform, before, after, decision }) => ({
      cells: [
        formatPlatform(platform),
        { content: markup`<span class="${decision.verdict}">${decision.verdict}</span>` },
        after.digest,
        `${before.packages} → ${after.packages}`,
        `${before.findings.length} → ${after.findings.length}`,
        `${formatBytes(before.bytes)} → ${formatBytes(after.bytes)}`,
      ],
    })),
  })
