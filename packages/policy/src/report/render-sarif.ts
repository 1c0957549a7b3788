import { canonicalJson, digestOf } from '@sallyport/core'
import type { Decision, DecisionReason } from '../decision.ts'
import { describeExclusion, describeFix, describeNeed, describeUpgrade } from '../explain/describe-finding.ts'
import { groupFindings } from '../explain/group-findings.ts'
import { visibleText } from '../explain/visible-text.ts'
import type { JudgedFinding } from '../judged-finding.ts'
import { relativeUri } from './relative-uri.ts'

/** Options of {@link renderSarif}. */
export interface RenderSarifOptions {
  /** Most results. Default 5 000, as many as GitHub shows of one run; `properties.resultsLeftOut` counts the rest. */
  readonly maxResults?: number | undefined
}

const levels = { error: 'error', fail: 'error', warn: 'warning', audit: 'note', note: 'note' } as const

/** Rule ids for what no rule of the policy counts. */
const waivedRule = 'sallyport/waived'
const setAsideRule = 'sallyport/set-aside'

/**
 * A decision as SARIF 2.1.0: one result for each reason and what breaks it, with a level by its weight; what is waived or
 * set aside is there as suppressed. Fingerprints stay the same when an image is rebuilt or a package gets a new version.
 */
export function renderSarif(decision: Decision, { maxResults = 5_000 }: RenderSarifOptions = {}): string {
  const { verdict, tier, subject, destination, evaluatedAt, policy, breakGlass } = decision
  const all = [
    ...decision.reasons.flatMap((reason) => toResults(reason, decision)),
    ...toSuppressed(decision),
  ]
  const results = all.slice(0, maxResults)
  const ruleIds = [
    ...new Set([...decision.rules.map(({ rule }) => rule), ...results.map(({ ruleId }) => ruleId)]),
  ]
  const indexes = new Map(ruleIds.map((id, index) => [id, index]))
  return canonicalJson({
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'sallyport',
            informationUri: 'https://sallyport.dev',
            rules: ruleIds.map((id) => describeRule(id, decision)),
          },
        },
        automationDetails: { id: `sallyport/${tier}/${repositoryOf(destination)}/` },
        invocations: [
          {
            executionSuccessful: verdict !== 'error',
            endTimeUtc: evaluatedAt,
            toolExecutionNotifications: decision.reasons
              .filter(({ effect }) => effect === 'error')
              .map(({ code, message }) => ({
                level: 'error',
                descriptor: { id: code },
                message: { text: visibleText(message) },
              })),
          },
        ],
        columnKind: 'utf16CodeUnits',
        results: results.map((result) => ({ ...result, ruleIndex: indexes.get(result.ruleId) })),
        properties: {
          verdict,
          tier,
          subject,
          destination,
          policy,
          ...(breakGlass && { breakGlass }),
          ...(all.length > results.length && { resultsLeftOut: all.length - results.length }),
        },
      },
    ],
  })
}

interface Result {
  readonly ruleId: string
  readonly [field: string]: unknown
}

function describeRule(id: string, { rules, reasons }: Decision): unknown {
  const rule = rules.find((entry) => entry.rule === id)
  const remedy = reasons.find((reason) => ruleOf(reason) === id)?.remedy
  return {
    id,
    shortDescription: { text: visibleText(id) },
    ...(remedy !== undefined && { help: { text: visibleText(remedy, { maxLength: 2000 }) } }),
    ...(rule && { properties: { ...rule } }),
  }
}

const ruleOf = ({ rule, code }: DecisionReason): string => rule ?? `sallyport/${code}`

function toResults(reason: DecisionReason, decision: Decision): Result[] {
  const { effect, code, message, findings = [], offenders = [], limit, actual, remedy } = reason
  const ruleId = ruleOf(reason)
  const base = { ruleId, level: levels[effect], kind: effect === 'note' ? 'informational' : 'fail' }
  // SARIF allows a level other than `none` only for results of kind `fail`.
  const shared = effect === 'note' ? { ...base, level: 'none' } : base
  const properties = { effect, code, limit, actual, remedy }
  const ofFindings = groupFindings(findings).flatMap((group) =>
    group.findings.map((finding) => ({
      ...shared,
      ...describeResult(finding, decision, [ruleId, describeUpgrade(group), describeNeed(group.used)]),
      properties: { ...properties, ...propertiesOf(finding) },
    })),
  )
  const ofOffenders = offenders.map((offender) => ({
    ...shared,
    message: { text: visibleText(`${ruleId}: ${offender}: ${message}`, { maxLength: 2000 }) },
    locations: [locationOf(decision, { name: offender })],
    partialFingerprints: fingerprint(ruleId, code, offender, decision.destination),
    properties,
  }))
  if (ofFindings.length + ofOffenders.length > 0) return [...ofFindings, ...ofOffenders]
  return [
    {
      ...shared,
      message: { text: visibleText(message, { maxLength: 2000 }) },
      locations: [locationOf(decision)],
      partialFingerprints: fingerprint(ruleId, code, message, decision.destination),
      properties,
    },
  ]
}

function toSuppressed(decision: Decision): Result[] {
  return decision.findings.flatMap((finding): Result[] => {
    const { waivedBy, suppressed } = finding
    if (waivedBy === undefined && (suppressed === undefined || suppressed.kind === 'scanner')) return []
    const ruleId = waivedBy === undefined ? setAsideRule : waivedRule
    return [
      {
        ruleId,
        kind: 'fail',
        level: 'note',
        ...describeResult(finding, decision, [ruleId]),
        suppressions: [
          {
            kind: 'external',
            status: 'accepted',
            justification: visibleText(describeExclusion(finding) ?? ''),
          },
        ],
        properties: propertiesOf(finding),
      },
    ]
  })
}

function describeResult(
  finding: JudgedFinding,
  decision: Decision,
  [ruleId, ...hints]: readonly [string, ...(string | undefined)[]],
): { readonly [field: string]: unknown } {
  const { id, package: name, version, severity, nearMiss, purl } = finding
  const parts = [
    `${id} (${severity}) in ${name} ${version}: ${describeFix(finding)}`,
    ...hints.filter((hint) => hint !== undefined),
    ...(nearMiss ? [`waiver ${nearMiss.waiver} does not apply: ${nearMiss.why}`] : []),
  ]
  return {
    message: { text: visibleText(parts.join('; '), { maxLength: 4000 }) },
    locations: [locationOf(decision, { file: finding.file, name: purl })],
    partialFingerprints: fingerprint(ruleId, id, purl.split(/[@?#]/, 1)[0]!, decision.destination),
  }
}

const propertiesOf = ({ id, aliases, purl, severity, usage, fix, kev, epss, since }: JudgedFinding) => ({
  vulnerability: id,
  aliases,
  purl,
  severity,
  usage,
  fix,
  kev,
  epss,
  since,
})

/** A file of the image where one is known, else the image: readers such as GitHub want a path in every result. */
function locationOf(
  { destination }: Decision,
  { file, name }: { readonly file?: string | undefined; readonly name?: string | undefined } = {},
): unknown {
  const path = file === undefined ? destination : `${destination}/${file.replace(/^\/+/, '')}`
  return {
    physicalLocation: {
      artifactLocation: { uri: relativeUri(path) },
      region: { startLine: 1 },
    },
    ...(name !== undefined && {
      logicalLocations: [{ fullyQualifiedName: visibleText(name), kind: 'package' }],
    }),
  }
}

function fingerprint(rule: string, what: string, where: string, destination: string): Record<string, string> {
  return { 'sallyport/v1': digestOf(canonicalJson([rule, what, where, repositoryOf(destination)])).slice(7) }
}

/** `registry/repository` of a destination, without tag and digest. */
const repositoryOf = (destination: string): string => destination.replace(/@.*$/, '').replace(/:[^/:]*$/, '')
