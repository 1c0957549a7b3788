import {
  decisionSections,
  escapeMarkdown as md,
  markup,
  type Html,
  renderPage,
  renderTable,
  time,
} from '@sallyport/policy/report'
import type { ReleasedPlatform, ReleaseRecord } from '../record/release-record.ts'

/** Most removed packages that the Markdown form names for each platform; the rest is counted. */
const maxRemoved = 50

/** A release record as a self-contained page for an auditor. Same record, same bytes. */
export function renderReleaseRecordHtml(record: ReleaseRecord): string {
  const { target, platforms, decision, evidence, steps } = record
  return renderPage({
    title: `Release of ${target.name}`,
    body: markup`<h1><span class="verdict ${decision.verdict}">RELEASED</span> ${target.name}</h1>
      ${record.rollback && markup`<div class="banner" role="note"><strong>Rollback</strong> to an earlier digest: ${record.rollback.reason}</div>`}
      ${decision.breakGlass && markup`<div class="banner" role="note"><strong>Break-glass</strong> by ${decision.breakGlass.actor}: ${decision.breakGlass.justification}</div>`}
      <dl class="pairs">
        ${describe(record).map(
          ([name, value]) =>
            markup`<dt>${name}</dt>
              <dd>${value}</dd>`,
        )}
      </dl>
      <h2 id="platforms">Platforms, before and after</h2>
      ${renderTable({
        caption: 'What hardening changed',
        columns: ['Platform', 'Source digest', 'Digest', 'Packages', 'Findings', 'Bytes'],
        rows: platforms.map(({ platform, sourceDigest, digest, packages, findings, bytes }) => ({
          cells: [platform, sourceDigest, digest, change(packages), change(findings), change(bytes)],
        })),
      })}
      <h2 id="removed">What was removed, and why</h2>
      ${platforms.map(renderChanges)} ${decisionSections(decision)}
      <h2 id="evidence">Evidence at the target</h2>
      ${renderTable({
        caption: 'Signed documents',
        columns: ['Kind', 'Subject', 'Signed by'],
        rows: evidence.map(({ predicateType, subject, keyId }) => ({
          cells: [predicateType, subject, keyId],
        })),
      })}
      <h2 id="steps">Steps</h2>
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
      ({ predicateType, subject, keyId }) =>
        `- ${md(predicateType)} of ${md(subject)}, signed by ${md(keyId)}`,
    ),
  )
  lines.push('', '### Steps', '')
  lines.push(...steps.map(({ step, at, summary }) => `- ${md(step)}, ${md(at)}: ${md(summary)}`))
  return `${lines.join('\n')}\n`
}

function renderChanges({ platform, removed, patched }: ReleasedPlatform): Html {
  return markup`<h3>${platform}</h3>
    ${renderTable({
      caption: `${removed.length} removed, ${patched.length} patched`,
      columns: ['Package', 'What', 'Why'],
      rows: [
        ...removed.map(({ purl, reason }) => ({ cells: [purl, 'removed', reason] })),
        ...patched.map(({ purl, to }) => ({ cells: [purl, 'patched', `to ${to}`] })),
      ],
    })}`
}

function describe(record: ReleaseRecord): [string, string][] {
  const { source, target, tier, release, decision, signers, startedAt, finishedAt, key } = record
  return [
    ['source', `${source.name}, ${source.digest}`],
    ['target', `${target.name}, ${target.digest}`],
    ['previous digest', target.previousDigest ?? 'none'],
    ['tier', tier],
    ...(release === undefined ? [] : [['release', release] as [string, string]]),
    ['verdict', decision.verdict],
    ['policy', `${decision.policy.source}, ${decision.policy.digest}`],
    ['evidence signed by', signers.evidence],
    ['release signed by', signers.release],
    ['started', startedAt],
    ['finished', finishedAt],
    ['promotion', key],
  ]
}

const change = ({ before, after }: { readonly before: number; readonly after: number }) =>
  `${before} → ${after}`
