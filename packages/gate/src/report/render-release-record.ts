import { formatBytes } from '@sallyport/core'
import {
  count,
  decisionContents,
  decisionSections,
  escapeMarkdown as md,
  findingCharts,
  markup,
  type Html,
  renderPage,
  renderPageHead,
  renderTable,
  type SeverityCounts,
  severityParts,
  time,
} from '@sallyport/policy/report'
import { sumOrigins } from '../promote/findings-origin.ts'
import type { ReleasedPlatform, ReleaseRecord } from '../record/release-record.ts'
import { nameSigner } from '../record/signed-by.ts'
import { layerChart } from './layer-chart.ts'
import { stepTimeline } from './step-timeline.ts'

/** Most removed packages that the Markdown form names for each platform; the rest is counted. */
const maxRemoved = 50

/** A release record as a self-contained page for an auditor. Same record, same bytes. */
export function renderReleaseRecordHtml(record: ReleaseRecord): string {
  const { target, platforms, decision, evidence, steps } = record
  const layered = platforms.filter(({ layers }) => layers !== undefined)
  return renderPage({
    title: `Release of ${target.name}`,
    body: markup`${renderPageHead({
      badge: { text: 'RELEASED', kind: decision.verdict },
      title: target.name,
      summary: outline(record),
      facts: [`Tier ${record.tier}`, markup`<code>${target.digest}</code>`, time(record.finishedAt)],
    })}
      ${decisionContents([
        ['charts', 'At a glance'],
        ...(layered.length > 0 ? [['layers', 'Size by layer'] as const] : []),
        ['platforms', 'Platforms'],
        ['removed', 'What was removed'],
        ['steps', 'Steps'],
      ])}
      ${record.rollback && markup`<div class="banner" role="note"><strong>Rollback</strong> to an earlier digest: ${record.rollback.reason}</div>`}
      ${decision.breakGlass && markup`<div class="banner" role="note"><strong>Break-glass</strong> by ${decision.breakGlass.actor}: ${decision.breakGlass.justification}</div>`}
      <dl class="pairs">
        ${describe(record).map(
          ([name, value]) =>
            markup`<dt>${name}</dt>
              <dd>${value}</dd>`,
        )}
      </dl>
      ${findingCharts(decision, sumOrigins(platforms.map(({ origin }) => origin)))}
      ${
        layered.length > 0 &&
        markup`<h2 id="layers">Size by layer, before and after</h2>
          <div class="charts">${layered.map(({ platform, layers }) => layerChart(platform, layers!))}</div>`
      }
      <h2 id="platforms">Platforms, before and after</h2>
      ${renderTable({
        caption: 'What hardening changed',
        columns: ['Platform', 'Source digest', 'Digest', 'Packages', 'Findings', 'Size'],
        rows: platforms.map(({ platform, sourceDigest, digest, packages, findings, severities, bytes }) => ({
          cells: [
            platform,
            sourceDigest,
            digest,
            change(packages),
            {
              content: markup`${change(findings)} <span class="quiet">${severities && describeSeverities(severities)}</span>`,
            },
            `${formatBytes(bytes.before)} → ${formatBytes(bytes.after)}`,
          ],
        })),
      })}
      <h2 id="removed">What was removed, and why</h2>
      ${platforms.map(renderChanges)} ${decisionSections(decision)}
      <h2 id="evidence">Evidence at the target</h2>
      ${renderTable({
        caption: 'Signed documents',
        columns: ['Kind', 'Subject', 'Signed by'],
        rows: evidence.map((each) => ({
          cells: [each.predicateType, each.subject, nameSigner(each)],
        })),
      })}
      <h2 id="steps">Steps</h2>
      ${stepTimeline(record)}
      ${renderTable({
        caption: 'When each step ended',
        columns: ['Step', 'At', 'What it came to'],
        rows: steps.map(({ step, at, summary }) => ({ cells: [step, { content: time(at) }, summary] })),
      })}`,
  })
}

/** A release record as Markdown, for the notes of a release. Same record, same bytes. */
export function renderReleaseRecordMarkdown(record: ReleaseRecord): string {
  const { target, platforms, decision, evidence, steps, rollback } = record
  const lines = [
    `## Release of ${md(target.name)}`,
    '',
    ...(rollback ? [`**Rollback:** ${md(rollback.reason)}`, ''] : []),
    ...(decision.breakGlass
      ? [`**Break-glass** by ${md(decision.breakGlass.actor)}: ${md(decision.breakGlass.justification)}`, '']
      : []),
    ...describe(record).map(([name, value]) => `- ${name}: ${md(value)}`),
    '',
    '| platform | digest | packages | findings | bytes |',
    '| --- | --- | --- | --- | --- |',
    ...platforms.map(
      ({ platform, digest, packages, findings, bytes }) =>
        `| ${md(platform)} | ${md(digest)} | ${change(packages)} | ${change(findings)} | ${change(bytes)} |`,
    ),
  ]
  for (const { platform, removed, patched } of platforms) {
    if (removed.length + patched.length === 0) continue
    const items = [
      ...removed.map(({ purl, reason }) => `- removed ${md(purl)}: ${md(reason)}`),
      ...patched.map(({ purl, to }) => `- patched ${md(purl)} to ${md(to)}`),
    ]
    lines.push(
      '',
      `<details><summary>${md(platform)}: ${removed.length} removed, ${patched.length} patched</summary>`,
      '',
      ...items.slice(0, maxRemoved),
      ...(items.length > maxRemoved ? [`- … and ${items.length - maxRemoved} more`] : []),
      '',
      '</details>',
    )
  }
  lines.push('', '### Evidence', '')
  lines.push(
    ...evidence.map(
      (each) => `- ${md(each.predicateType)} of ${md(each.subject)}, signed by ${md(nameSigner(each))}`,
    ),
  )
  lines.push('', '### Steps', '')
  lines.push(...steps.map(({ step, at, summary }) => `- ${md(step)}, ${md(at)}: ${md(summary)}`))
  return `${lines.join('\n')}\n`
}

function outline({ platforms, evidence }: ReleaseRecord): string {
  const sum = (side: 'before' | 'after') =>
    formatBytes(platforms.reduce((total, { bytes }) => total + bytes[side], 0))
  return `${count(platforms.length, 'platform')}, ${sum('before')} → ${sum('after')}; ${count(evidence.length, 'signed document')} at the target.`
}

const describeSeverities = (counts: SeverityCounts): string =>
  severityParts
    .flatMap(({ name }) => (counts[name] === undefined ? [] : [`${counts[name]} ${name}`]))
    .join(', ')

function renderChanges({ platform, removed, patched }: ReleasedPlatform): Html {
  return markup`<h3>${platform}</h3>
    ${renderTable({
      caption: `${platform}: ${removed.length} removed, ${patched.length} patched`,
      columns: ['Package', 'What', 'Why'],
      filters: [{ value: 'what', label: 'What' }],
      rows: [
        ...removed.map(({ purl, reason }) => ({
          values: { what: 'removed' },
          cells: [purl, 'removed', reason],
        })),
        ...patched.map(({ purl, to }) => ({
          values: { what: 'patched' },
          cells: [purl, 'patched', `to ${to}`],
        })),
      ],
    })}`
}

function describe(record: ReleaseRecord): [string, string][] {
  const { source, target, tier, release, decision, verifierId, signers, startedAt, finishedAt, key } = record
  return [
    ['source', `${source.name}, ${source.digest}`],
    ['target', `${target.name}, ${target.digest}`],
    ['previous digest', target.previousDigest ?? 'none'],
    ['tier', tier],
    ...(release === undefined ? [] : [['release', release] as [string, string]]),
    ['verdict', decision.verdict],
    ['policy', `${decision.policy.source}, ${decision.policy.digest}`],
    ...(verifierId === undefined ? [] : [['gate', verifierId] as [string, string]]),
    ['evidence signed by', signers.evidence],
    ['release signed by', signers.release],
    ['started', startedAt],
    ['finished', finishedAt],
    ['promotion', key],
  ]
}

const change = ({ before, after }: { readonly before: number; readonly after: number }) =>
  `${before} → ${after}`
