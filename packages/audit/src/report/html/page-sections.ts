import {
  barChart,
  chartLegend,
  markup,
  pageContents,
  type PageHead,
  renderPageHead,
  renderTable,
  time,
  type Html,
} from '@sallyport/policy/report'
import { type AuditClass, auditClasses } from '../../audit-class.ts'
import type { AuditSummary } from '../../audit-report.ts'
import { adviceOn } from '../advice.ts'
import { countGroups, groupOf, isRunning } from '../class-order.ts'
import {
  describeCoverage,
  describeDeployments,
  describeProblem,
  kindOf,
  nameOf,
  repositoryCount,
  shownOf,
} from '../describe-record.ts'
import { ageBands, type Survey } from '../survey.ts'
import { groupParts, groupStyle } from './group-parts.ts'

/** Columns of the table of records: the name that the script sorts by, and what the header says. */
export const recordColumns = [
  { key: 'class', title: 'Class' },
  { key: 'image', title: 'Image' },
  { key: 'tags', title: 'Tags' },
  { key: 'kind', title: 'Kind' },
  { key: 'runs', title: 'Runs' },
  { key: 'pushed', title: 'Pushed' },
  { key: 'problem', title: 'Problem' },
] as const

const present = ({ classes }: AuditSummary) => auditClasses.filter((each) => (classes[each] ?? 0) > 0)

/** What an audit came to; one that is not whole is not good, and neither is one that judged nothing. */
function badgeOf(summary: AuditSummary): PageHead['badge'] {
  const { classes, finishedAt, repositories } = summary
  const judged = present(summary).reduce((sum, each) => sum + classes[each]!, 0)
  const flagged = judged - (classes.compliant ?? 0)
  if (flagged > 0) return { text: `${flagged} FLAGGED`, kind: 'fail' }
  if (finishedAt === undefined || repositories.failed > 0) return { text: 'NOT WHOLE', kind: 'error' }
  return judged === 0 ? { text: 'NOTHING JUDGED', kind: 'error' } : { text: 'COMPLIANT', kind: 'pass' }
}

/** What was audited, and how much of each class there is. */
export function pageHead(summary: AuditSummary, { hasTrend }: { readonly hasTrend: boolean }): Html {
  const { registry, startedAt, finishedAt, listing, id, classes, repositories } = summary
  const head = renderPageHead({
    badge: badgeOf(summary),
    title: `Audit of ${registry}`,
    summary: describeCoverage(summary).join(' '),
    facts: [`Listing: ${listing}`, markup`audit <code>${id}</code>`, time(finishedAt ?? startedAt)],
  })
  return markup`${head}
    ${
      (finishedAt === undefined || repositories.failed > 0) &&
      markup`<div class="banner" role="note">
        <strong>This audit is not whole.</strong> ${finishedAt === undefined && 'It did not get to its end.'}
        ${repositories.failed > 0 && markup`<a href="#failures">${repositoryCount(repositories.failed)} could not be listed</a>.`}
      </div>`
    }
    ${pageContents([
      ['classes', 'Classes'],
      ...(hasTrend ? [['trend', 'Trend'] as const] : []),
      ['first', 'What to do first'],
      ['charts', 'At a glance'],
      ['records', 'All records'],
    ])}
    <h2 id="classes">Classes</h2>
    ${present(summary).length === 0 && markup`<p>No image was judged.</p>`}
    <ul class="tiles" aria-label="Images by class; each shows its records">
      ${present(summary).map(
        (each) =>
          markup`<li>
            <button type="button" disabled data-show="${each}" class="${groupStyle(groupOf(each))}">
              <strong>${classes[each]}</strong> <span class="class">${each}</span> ${adviceOn(each).meaning}
            </button>
          </li> `,
      )}
    </ul>`
}

/** The most urgent records, in a table that needs no script. */
export function urgentSection({ urgent, flagged, running, joined }: Survey): Html {
  const runs = joined ? `${running} of them known to run` : 'where they run was not told'
  return markup`<h2 id="first">What to do first</h2>
    ${
      flagged === 0
        ? markup`<p>Nothing is flagged.</p>`
        : markup`<p>${flagged} flagged, ${runs}.</p>
            ${renderTable({
              caption: `Flagged images, running ones first${shownOf(urgent.length, flagged)}`,
              columns: ['Class', 'Image', 'Kind', 'Runs in', 'Problem'],
              rows: urgent.map((record) => ({
                cells: [
                  { content: classLabel(record.class!) },
                  nameOf(record),
                  kindOf(record),
                  isRunning(record) ? describeDeployments(record) : '–',
                  describeProblem(record),
                ],
              })),
            })}`
    }`
}

const classLabel = (auditClass: AuditClass): Html =>
  markup`<span class="class ${groupStyle(groupOf(auditClass))}">${auditClass}</span>`

/** Bars of classes, of the worst repositories and of ages. */
export function chartSections(
  summary: AuditSummary,
  { repositories, flaggedRepositories, ages }: Survey,
): Html {
  return markup`<h2 id="charts">At a glance</h2>
    ${chartLegend(groupParts)}
    <div class="charts">
      <section>
        <h3>Images by class</h3>
        ${barChart({
          label: 'Images by class',
          parts: groupParts,
          legend: 'labels',
          bars: present(summary).map((each) => ({
            label: markup`<strong>${each}</strong> <span class="quiet">${adviceOn(each).action}</span>`,
            value: summary.classes[each]!,
            tracks: [{ counts: new Map([[groupOf(each), summary.classes[each]!]]) }],
          })),
        })}
      </section>
      <div>
      <section>
        <h3>Age of images</h3>
        ${barChart({
          label: 'Age of images when the audit started',
          parts: groupParts,
          legend: 'elsewhere',
          bars: ageBands.flatMap((band) => {
            const counts = ages.get(band)!
            const number = counts.values().reduce((sum, each) => sum + each, 0)
            return number === 0 ? [] : [{ label: band, value: number, tracks: [{ counts }] }]
          }),
        })}
      </section>
      <section>
        <h3>Worst repositories${shownOf(repositories.length, flaggedRepositories)}</h3>
        ${barChart({
          label: 'Images by class in the worst repositories',
          parts: groupParts,
          legend: 'elsewhere',
          bars: repositories.map(({ repository, classes, flagged, judged, running }) => ({
            label: repository,
            value: `${flagged} of ${judged} flagged${running > 0 ? `, ${running} running` : ''}`,
            tracks: [{ counts: countGroups(classes) }],
          })),
        })}
      </section></div>
    </div>`
}

/** Repositories that could not be listed. */
export function failureSection({ repositories: { failures, failed } }: AuditSummary): Html {
  const most = 500
  return markup`${
    failed > 0 &&
    markup`<h2 id="failures">Not listed</h2>
      ${renderTable({
        caption: `Repositories that could not be listed${shownOf(Math.min(failures.length, most), failed)}`,
        columns: ['Repository', 'Code', 'Why'],
        rows: failures
          .slice(0, most)
          .map(({ repository, code, message }) => ({ cells: [repository, code, message] })),
      })}`
  }`
}

/** The table of records with its filters, which the script fills, and the dialog of one record. */
export function recordsSection(roles: readonly string[], classes: readonly string[], leftOut: number): Html {
  const choices = (names: readonly string[]) =>
    names.map((name) => markup`<option value="${name}">${name}</option>`)
  return markup`<h2 id="records">All records</h2>
    ${leftOut > 0 && markup`<p>${leftOut} records did not fit on this page and can't be found here; the CSV and JSON forms have all.</p>`}
    <p id="records-loading">The table needs its script: open this file in a browser that runs it.</p>
    <div id="records-view" hidden>
      <div class="filters" role="search" aria-label="Records">
        <label>Text <input type="search" data-filter-by="text" autocomplete="off" /></label>
        <label>Repository <input type="search" data-filter-by="repository" autocomplete="off" /></label>
        <label
          >Class
          <select data-filter-by="class">
            <option value="">all</option>
            <option value="flagged">flagged (all but compliant)</option>
            ${choices([...classes, 'not judged'])}
          </select></label
        >
        <label
          >Role
          <select data-filter-by="role">
            <option value="">all</option>
            ${choices(roles)}
          </select></label
        >
        <label
          >Running
          <select data-filter-by="running">
            <option value="">all</option>
            <option value="yes">running</option>
            <option value="no">not running</option>
            <option value="unknown">not told</option>
          </select></label
        >
        <p class="quiet" role="status" id="records-status"></p>
      </div>
      <table role="table" class="records">
        <caption>
          Flagged and running first, until sorted; the name of an image opens all that is known of it
        </caption>
        <thead role="rowgroup">
          <tr role="row">
            ${recordColumns.map(({ key, title }) => markup`<th role="columnheader" scope="col" data-key="${key}">${title}</th>`)}
          </tr>
        </thead>
        <tbody role="rowgroup"></tbody>
      </table>
      <nav class="pages" aria-label="Pages of records">
        <button type="button" data-go="first">First</button>
        <button type="button" data-go="previous">Previous</button>
        <span id="page-number"></span>
        <button type="button" data-go="next">Next</button>
        <button type="button" data-go="last">Last</button>
        <label
          >Rows on a page
          <select id="per-page">
            <option>50</option>
            <option>100</option>
            <option>250</option>
          </select></label
        >
      </nav>
    </div>
    <dialog aria-labelledby="record-title">
      <nav aria-label="Records">
        <button type="button" data-step="-1">Previous record</button>
        <button type="button" data-step="1">Next record</button>
        <button type="button" data-close>Close</button>
      </nav>
      <h2 id="record-title" tabindex="-1"></h2>
      <div id="record-body"></div>
    </dialog>`
}
