import { count, type Html, markup } from '@sallyport/policy/report'
import type { QuarantinedFinding, QuarantineRecord } from '../../ports/quarantine-store.ts'
import { worstSeverity } from '../../quarantine/summary.ts'

const maxPackages = 40
const maxFindings = 8
const maxOffenders = 10

/** What stopped an image: reasons that name no finding, then each package with its findings and what keeps it. */
export function renderStopping({ decision, findings }: QuarantineRecord): Html {
  const others = decision.reasons.filter(
    ({ effect, findings: found = [], offenders = [] }) =>
      effect === 'error' || (effect === 'fail' && (found.length === 0 || offenders.length > 0)),
  )
  const rules = decision.reasons.filter((reason) => reason.effect === 'fail' && !others.includes(reason))
  const groups = [...Map.groupBy(findings, ({ purl }) => purl)]
  const rest = groups.slice(maxPackages)
  return markup`${others.map(
    ({ effect, rule, code, message, remedy, offenders = [] }) =>
      markup`<div class="card is-${effect}">
        <h3>${rule ?? code}</h3>
        <p>${message}</p>
        ${
          offenders.length > 0 &&
          markup`<ul>
            ${offenders.slice(0, maxOffenders).map((offender) => markup`<li><code>${offender}</code></li>`)}
          </ul>`
        }
        ${offenders.length > maxOffenders && markup`<p>… and ${offenders.length - maxOffenders} more.</p>`}
        ${remedy !== undefined && markup`<p class="remedy"><strong>What lifts it:</strong> ${remedy}</p>`}
      </div> `,
  )}
  ${
    rules.length > 0 &&
    markup`<ul class="rules">
      ${rules.map(({ message }) => markup`<li>${message}</li>`)}
    </ul>`
  }
  ${groups.slice(0, maxPackages).map(([purl, each]) => renderPackage(purl, each))}
  ${
    rest.length > 0 &&
    markup`<details>
      <summary>${count(rest.length, 'more package')}</summary>
      ${rest.map(([purl, each]) => renderPackage(purl, each))}
    </details>`
  }`
}

function renderPackage(purl: string, findings: readonly QuarantinedFinding[]): Html {
  const rest = findings.slice(maxFindings)
  const chains = [...new Set(findings.map(({ why }) => why))]
  return markup`<article class="card package is-${worstSeverity(findings) ?? 'unknown'}">
    <h3>${nameOf(purl)}</h3>
    <ul class="flaws">
      ${findings.slice(0, maxFindings).map(renderFlaw)}
    </ul>
    ${
      rest.length > 0 &&
      markup`<details>
        <summary>${count(rest.length, 'more finding')}</summary>
        <ul class="flaws">
          ${rest.map(renderFlaw)}
        </ul>
      </details>`
    }
    ${chains.map(renderChain)}
    <p class="quiet">${purl}</p>
  </article> `
}

function renderFlaw({ id, aliases, severity, fix, kev, platforms }: QuarantinedFinding): Html {
  return markup`<li>
    <span class="badge is-${severity}">${severity}</span> <strong>${id}</strong>
    ${kev && markup`<span class="badge is-critical">known to be exploited</span>`}
    <span>${fix.suggested === undefined ? describeFix(fix.state) : markup`fixed in <strong>${fix.suggested}</strong>`}</span>
    <span class="quiet">${[...aliases, ...platforms].join(', ')}</span>
  </li>`
}

const fixStates: Readonly<Record<QuarantinedFinding['fix']['state'], string>> = {
  fixed: 'there is a fix',
  'not-fixed': 'no fix yet',
  'wont-fix': 'its maker will not fix it',
  deferred: 'a fix comes later',
  'end-of-life': 'nobody repairs it any more',
  unknown: 'nobody knows of a fix',
}

const describeFix = (state: QuarantinedFinding['fix']['state']): string => fixStates[state] ?? state

/** The chain that keeps a package, a file a line. */
function renderChain(why: string | undefined): Html {
  if (why === undefined)
    return markup`<p class="why">Nothing is known to need it: hardening may take it out.</p>`
  const links = why.split(' → ')
  if (links.length === 1) return markup`<p class="why">Why it stays: ${why}</p>`
  return markup`<div class="why">
    Why it stays:
    <ol class="path">
      ${links.map((link) => markup`<li><code>${link}</code></li>`)}
    </ol>
  </div>`
}

/** `name version` of a purl, for people; what it is exactly stands below. */
function nameOf(purl: string): string {
  const plain = purl.split(/[?#]/, 1)[0]!.replace(/^pkg:[^/]*\//, '')
  const at = plain.lastIndexOf('@')
  const name = at > 0 ? `${plain.slice(0, at)} ${plain.slice(at + 1)}` : plain
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
