import type { Decision } from '../decision.ts'
import {
  describeExclusion,
  describeFix,
  describeNeed,
  describeUpgrade,
  describeUrgency,
} from '../explain/describe-finding.ts'
import { isCounted } from '../suppression.ts'
import { groupFindings, type PackageFindings, severityRank } from '../explain/group-findings.ts'
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
import { markup, type Html } from './markup.ts'
import { linkAdvisory } from './link-advisory.ts'
import { pageContents, renderPageHead } from './page-head.ts'
import { renderChain } from './render-chain.ts'
import { renderTable } from './render-table.ts'
import { time } from './time.ts'

/** Most packages under a reason; the table below it has all. */
const maxPackages = 50

/** The head of a page about a decision: its verdict, where the image would go, who let it through. */
export function decisionHead(decision: Decision): Html {
  const { title, summary, breakGlass } = outlineDecision(decision)
  const head = renderPageHead({
    badge: { text: title, kind: decision.verdict },
    title: decision.destination,
    summary,
    facts: [`Tier ${decision.tier}`, markup`<code>${decision.subject}</code>`, time(decision.evaluatedAt)],
  })
  return markup`${head}
    ${breakGlass !== undefined && markup`<div class="banner" role="note"><strong>Break-glass.</strong> ${breakGlass}</div>`}`
}

/** Leads to the sections of {@link decisionSections} that each decision has, after those that a page has before them. */
export const decisionContents = (before: readonly (readonly [id: string, name: string])[] = []): Html =>
  pageContents([
    ...before,
    ['reasons', 'Reasons'],
    ['findings', 'Findings'],
    ['chains', 'Why packages are in the image'],
    ['rules', 'Rules'],
    ['waivers', 'Waivers'],
    ['inputs', 'What it rests on'],
  ])

/** A decision as sections of a page: reasons, findings, chains, rules, waivers, notes, inputs. */
export function decisionSections(decision: Decision): Html {
  const { decisive, pending, notes, rules, waivers, inputs } = outlineDecision(decision)
  const groups = groupFindings(decision.findings)
  const anchors = new Map(groups.map(({ purl }, index) => [purl, `package-${index + 1}`]))
  return markup`<h2 id="reasons">Reasons</h2>
    ${decisive.length === 0 && markup`<p>Nothing stops this image.</p>`}${decisive.map((reason) => renderReason(reason, anchors))}
    ${
      pending.length > 0 &&
      markup`<h2 id="pending">Broken, but without weight in this verdict</h2>
        ${pending.map((reason) => renderReason(reason, anchors))}`
    }
    <h2 id="findings">Findings</h2>
    ${renderFindings(decision.findings, anchors)}
    <h2 id="chains">Why packages are in the image</h2>
    ${groups.length === 0 ? markup`<p class="quiet">No package has a finding.</p>` : markup`<dl class="needs">${groups.map((group) => renderNeed(group, anchors))}</dl>`}
    <h2 id="rules">Rules</h2>
    ${renderTable({
      caption: `${count(rules.length, 'rule')} in the order of evaluation`,
      columns: ['Rule', 'Kind', 'Outcome', 'Counted', 'Mode'],
      rows: rules.map((rule) => ({
        cells: [
          rule.rule,
          rule.kind,
          {
            content: markup`<span class="${describeOutcome(rule)}">${describeOutcome(rule)}</span>`,
          },
          describeCount(rule) || '–',
          describeMode(rule),
        ],
      })),
    })}
    <h2 id="waivers">Waivers</h2>
    ${renderTable({
      caption: count(waivers.length, 'waiver'),
      columns: ['Waiver', 'State', 'Owner', 'Findings', 'Expires'],
      rows: waivers.map((waiver) => ({
        cells: [waiver.id, describeWaiver(waiver), waiver.owner, waiver.findings, waiver.expires],
      })),
    })}
    ${
      notes.length > 0 &&
      markup`<h2 id="notes">Notes</h2>
        <ul>
          ${notes.map(({ code, message, remedy }) => markup`<li><code>${code}</code> ${message}${remedy !== undefined && markup` What lifts it: ${remedy}`}</li>`)}
        </ul>`
    }
    <h2 id="inputs">What it rests on</h2>
    <dl class="pairs">
      ${inputs.map(
        ([name, value]) =>
          markup`<dt>${name}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>`
}

type Anchors = ReadonlyMap<string, string>

function renderReason(reason: OutlinedReason, anchors: Anchors): Html {
  const { effect, weight, rule, code, message, offenders = [], remedy, packages, evaluated } = reason
  const counted = describeCount(reason)
  const rest = packages.slice(maxPackages)
  return markup`<section class="card is-${effect}">
    <h3><span class="${effect}">${weight}</span> ${rule ?? code}</h3>
    <p>${message}</p>
    <p class="quiet">
      <code>${code}</code
      >${counted !== '' && markup`, ${counted}`}${evaluated !== undefined && evaluated.mode !== 'enforce' && markup`, ${describeMode(evaluated)}`}
    </p>
    ${
      packages.length > 0 &&
      markup`<ul class="packages">
        ${packages.slice(0, maxPackages).map((group) => renderGroup(group, anchors))}
      </ul>`
    }
    ${rest.length > 0 && markup`<p>… and ${count(countFindings(rest), 'finding')} in ${count(rest.length, 'more package')}: see <a href="#findings">findings</a>.</p>`}
    ${offenders.length > 0 && renderOffenders(offenders)}
    ${remedy !== undefined && markup`<p class="remedy"><strong>What lifts it:</strong> ${remedy}</p>`}
  </section> `
}

function renderOffenders(offenders: readonly string[]): Html {
  const items = (some: readonly string[]) =>
    markup`<ul>
      ${some.map((offender) => markup`<li><code>${offender}</code></li>`)}
    </ul>`
  if (offenders.length <= 10) return items(offenders)
  return markup`${items(offenders.slice(0, 10))}
    <details>
      <summary>${offenders.length - 10} more</summary>
      ${items(offenders.slice(10))}
    </details>`
}

function renderGroup(group: PackageFindings, anchors: Anchors): Html {
  const { findings, version, used } = group
  const upgrade = describeUpgrade(group)
  const list = markup`<ul>
    ${findings.map(renderFinding)}
  </ul>`
  return markup`<li>
    <a href="#${anchors.get(group.purl) ?? 'findings'}">${group.package}</a> ${version}
    <span class="quiet">${used.usage}</span>${upgrade !== undefined && markup`, <strong>${upgrade}</strong>`}
    ${
      findings.length <= 5
        ? list
        : markup`<details>
            <summary>${findings.length} findings, the worst ${findings[0]!.severity}</summary>
            ${list}
          </details>`
    }
  </li> `
}

function renderFinding(finding: JudgedFinding): Html {
  const { id, severity, nearMiss } = finding
  const urgency = describeUrgency(finding)
  return markup`<li>
    ${linkAdvisory(id)} <span class="${severity}">${severity}</span>,
    ${describeFix(finding)}${urgency.map((part) => markup`, ${part}`)}${nearMiss && markup`<br /><span class="quiet">Waiver ${nearMiss.waiver} does not apply: ${nearMiss.why}</span>`}
  </li>`
}

function renderNeed({ purl, package: name, version, used }: PackageFindings, anchors: Anchors): Html {
  return markup`<div>
    <dt id="${anchors.get(purl) ?? ''}">${name} ${version} <span class="quiet">${used.usage}</span></dt>
    <dd>${used.chain.length > 0 ? renderChain(used.chain) : markup`<span class="chain">${describeNeed(used) ?? 'nobody looked why'}</span>`}</dd>
  </div> `
}

function renderFindings(findings: readonly JudgedFinding[], anchors: Anchors): Html {
  const order = groupFindings(findings).flatMap((group) => group.findings)
  return renderTable({
    caption: count(findings.length, 'finding'),
    columns: ['Severity', 'Vulnerability', 'Package', 'Version', 'Fix', 'Usage', 'Known', 'Counts'],
    filters: [
      { value: 'severity', label: 'Severity' },
      { value: 'usage', label: 'Usage' },
      { value: 'fix', label: 'Fix' },
      { value: 'counts', label: 'Counts' },
    ],
    rows: order.map((finding) => {
      const { severity, usage, fix, id, aliases, nearMiss } = finding
      const counts = isCounted(finding) ? 'counted' : finding.waivedBy === undefined ? 'set aside' : 'waived'
      const nearly = nearMiss && `${nearMiss.waiver} does not apply: ${nearMiss.why}`
      return {
        values: { severity, usage, fix: fix.state, counts },
        cells: [
          { content: markup`<span class="${severity}">${severity}</span>`, order: severityRank(finding) },
          {
            content: markup`${linkAdvisory(id)}${aliases.length > 0 && markup` <span class="quiet">${aliases.join(', ')}</span>`}`,
          },
          { content: markup`<a href="#${anchors.get(finding.purl) ?? 'findings'}">${finding.package}</a>` },
          finding.version,
          describeFix(finding),
          usage,
          describeUrgency(finding).join(', '),
          [counts, describeExclusion(finding), nearly].filter((part) => part !== undefined).join('; '),
        ],
      }
    }),
  })
}
