import { formatPlatform } from '@sallyport/core'
import {
  decisionHead,
  decisionSections,
  markup,
  type Html,
  linkTo,
  renderPage,
  renderTable,
  time,
} from '@sallyport/policy/report'
import type {
  QuarantinedFinding,
  QuarantineEntry,
  QuarantineRecord,
  QuarantineStatus,
  QuarantineSummary,
} from '../ports/quarantine-store.ts'

/** One quarantined image as a self-contained page: what stopped it, why, and what to do next. Same entry, same bytes. */
export function renderQuarantineHtml({ record, status }: QuarantineEntry): string {
  const { decision, nextSteps, findings, platforms, evidence } = record
  return renderPage({
    title: `Quarantine ${record.id}: ${record.destination}`,
    body: markup`<p class="quiet">Quarantine <code>${record.id}</code>, ${time(record.quarantinedAt)}</p>
      ${decisionHead(decision)} ${describeStatus(status)}
      <dl class="pairs">
        <dt>source</dt>
        <dd>${record.source}</dd>
        <dt>source digest</dt>
        <dd><code>${record.sourceDigest}</code></dd>
        <dt>destination</dt>
        <dd>${record.destination}</dd>
      </dl>
      ${
        nextSteps.length > 0 &&
        markup`<h2 id="next">What to do next</h2>
          <ol>
            ${nextSteps.map((step) => markup`<li>${step}</li>`)}
          </ol>`
      }
      <h2 id="stopped">What stopped it</h2>
      ${renderStopping(findings)}
      <h2 id="platforms">Platforms</h2>
      ${renderPlatforms(platforms)} ${decisionSections(decision)}
      <h2 id="evidence">Evidence</h2>
      ${renderTable({
        caption: 'Documents that the decision rests on',
        columns: ['Kind', 'Subject', 'Digest'],
        rows: evidence.map(({ predicateType, subject, digest }) => ({
          cells: [predicateType, subject, digest],
        })),
      })}`,
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
    body: markup`<h1>Quarantine</h1>
      <p>${open} open of ${records.length}${more && markup` shown; there are older ones`}.</p>
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

const renderStopping = (findings: readonly QuarantinedFinding[]): Html =>
  renderTable({
    caption: 'The worst first',
    columns: ['Severity', 'Vulnerability', 'Package', 'Fix', 'Rules', 'Platforms', "Why it can't be removed"],
    rows: findings.map(({ id, aliases, purl, severity, fix, kev, rules, platforms, why }) => ({
      cells: [
        { content: markup`<span class="${severity}">${severity}</span>` },
        [id, ...aliases, ...(kev ? ['known to be exploited'] : [])].join(', '),
        purl,
        fix.suggested === undefined ? fix.state : `${fix.state}: ${fix.suggested}`,
        rules.join(', '),
        platforms.join(', '),
        { content: markup`<span class="chain">${why ?? 'nobody looked'}</span>` },
      ],
    })),
  })

const renderPlatforms = (platforms: QuarantineRecord['platforms']): Html =>
  renderTable({
    caption: 'Before and after hardening',
    columns: ['Platform', 'Verdict', 'Digest', 'Packages', 'Findings', 'Bytes'],
    rows: platforms.map(({ platform, before, after, decision }) => ({
      cells: [
        formatPlatform(platform),
        { content: markup`<span class="${decision.verdict}">${decision.verdict}</span>` },
        after.digest,
        `${before.packages} → ${after.packages}`,
        `${before.findings.length} → ${after.findings.length}`,
        `${before.bytes} → ${after.bytes}`,
      ],
    })),
  })
