import schema from '@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json' with { type: 'json' }
import Ajv4 from 'ajv-draft-04'
import addFormats from 'ajv-formats'
import { describe, expect, it } from 'vitest'
import { auditClasses } from '../audit-class.ts'
import type { AuditRecord } from '../audit-record.ts'
import { digest, hostileRecords, hostileSummary, recordOf, streamed, summaryOf } from './audit.fixture.ts'
import { renderAuditSarif, type RenderAuditSarifOptions } from './render-sarif.ts'

interface Run {
  readonly results: readonly {
    readonly ruleId: string
    readonly ruleIndex: number
    readonly level: string
    readonly message: { readonly text: string }
    readonly partialFingerprints: Readonly<Record<string, string>>
    readonly locations: readonly {
      readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } }
    }[]
  }[]
  readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } }
  readonly invocations: readonly {
    readonly executionSuccessful: boolean
    readonly toolExecutionNotifications: readonly {
      readonly level: string
      readonly descriptor: { readonly id: string }
      readonly message: { readonly text: string }
    }[]
  }[]
  readonly properties: Readonly<Record<string, unknown>>
}

async function runOf(
  records: readonly AuditRecord[],
  summary = summaryOf(),
  options?: RenderAuditSarifOptions,
): Promise<Run> {
  return (JSON.parse(await renderAuditSarif(summary, streamed(records), options)) as { runs: [Run] }).runs[0]
}
const validate = addFormats.default(new Ajv4.default({ strict: false, unicodeRegExp: false })).compile(schema)
const flagged = auditClasses.map((each, index) =>
  recordOf({
    class: each,
    digest: digest(index),
    problems: each === 'compliant' ? [] : [{ class: each, message: 'm' }],
  }),
)

describe('renderAuditSarif', () => {
  it.each([
    ['nothing', summaryOf(), []],
    ['every class', summaryOf(), flagged],
    ['hostile names', hostileSummary(), hostileRecords()],
    ['an unfinished audit', summaryOf({ finishedAt: undefined }), flagged],
  ])('fits the schema of SARIF 2.1.0: %s', async (_, summary, records) => {
    validate(JSON.parse(await renderAuditSarif(summary, streamed(records))))
    expect(validate.errors).toBeNull()
  })

  it('has a rule for each class but compliant, and names it by its place', async () => {
    const { results, tool } = await runOf(flagged)
    expect(tool.driver.rules.map(({ id }) => id)).toEqual(
      auditClasses.slice(0, -1).map((each) => `sallyport/audit/${each}`),
    )
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId)
  })

  it('writes a result for each class of each tag, and for what has no tag', async () => {
    const { results } = await runOf([
      recordOf({
        problems: [
          { class: 'unsigned', message: 'a' },
          { class: 'no-sbom', message: 'b' },
        ],
      }),
      recordOf({ tags: [], digest: digest('untagged') }),
      recordOf({ class: 'compliant', problems: [], digest: digest('good') }),
      recordOf({ class: undefined, role: 'evidence', problems: [], digest: digest('evidence') }),
    ])
    const names = results.map(
      ({ ruleId, locations }) => `${ruleId.slice(16)} ${locations[0]!.physicalLocation.artifactLocation.uri}`,
    )
    expect(names.sort()).toEqual([
      'no-sbom prod.example/team/app%3A1.4',
      'no-sbom prod.example/team/app%3Alatest',
      'unsigned prod.example/team/app%3A1.4',
      'unsigned prod.example/team/app%3Alatest',
      `unsigned prod.example/team/app%40${encodeURIComponent(digest('untagged'))}`,
    ])
  })

  it('says what was not looked at', async () => {
    const { invocations } = await runOf(flagged, summaryOf({ filters: { tags: ['v*'] } }))
    expect(invocations[0]).toMatchObject({
      executionSuccessful: true,
      toolExecutionNotifications: [{ level: 'note', descriptor: { id: 'FILTERED' } }],
    })
  })

  it('names a tag whose digest is not known by itself', async () => {
    const { results } = await runOf([recordOf({ digest: undefined, role: 'unread', tags: ['x'] })])
    const [{ logicalLocations }] = results[0]!.locations as unknown as [{ logicalLocations: unknown }]
    expect(logicalLocations).toEqual([{ fullyQualifiedName: 'prod.example/team/app:x', kind: 'image' }])
  })

  it('keeps a flagged record without a reason', async () => {
    expect((await runOf([recordOf({ problems: [] })])).results[0]?.message.text).toContain('has no signature')
  })

  it('keeps fingerprints when a tag moves, and tells registries, repositories, tags and classes apart', async () => {
    const print = async (changes: Partial<AuditRecord>) =>
      (await runOf([recordOf({ tags: ['1.4'], ...changes })])).results[0]!.partialFingerprints['sallyport/v1']
    expect(await print({ digest: digest('other'), deployments: [], size: 1 })).toBe(await print({}))
    const others = await Promise.all([
      print({}),
      print({ registry: 'other.example' }),
      print({ repository: 'team/other' }),
      print({ tags: ['1.5'] }),
      print({ tags: [] }),
      print({ tags: [], digest: digest('other') }),
      print({ class: 'no-sbom', problems: [] }),
    ])
    expect(new Set(others).size).toBe(7)
  })

  it('keeps the most urgent results, and says how many are missing', async () => {
    const quiet = Array.from({ length: 300 }, (_, index) =>
      recordOf({ tags: [`${index}`], digest: digest(index), deployments: [] }),
    )
    const running = recordOf({ tags: ['runs'], class: 'legacy-only', problems: [], digest: digest('runs') })
    const { results, properties, invocations } = await runOf([...quiet, running], summaryOf(), {
      maxResults: 10,
    })
    expect(results).toHaveLength(10)
    expect(results[0]?.ruleId).toBe('sallyport/audit/legacy-only')
    expect(properties['resultsLeftOut']).toBe(291)
    expect(invocations[0]?.toolExecutionNotifications[0]).toMatchObject({
      descriptor: { id: 'RESULTS_LEFT_OUT' },
      message: { text: expect.stringContaining('291') },
    })
  })

  it.each([
    ['is not finished', summaryOf({ finishedAt: undefined }), 'AUDIT_UNFINISHED'],
    [
      'could not list a repository',
      summaryOf({
        repositories: {
          audited: 0,
          skipped: 0,
          failed: 1,
          failures: [{ repository: 'a', code: 'DENIED', message: 'no' }],
        },
      }),
      'DENIED',
    ],
    [
      'could not list more than it names',
      summaryOf({ repositories: { audited: 0, skipped: 0, failed: 3, failures: [] } }),
      'LISTING_FAILED',
    ],
    ['judged nothing', summaryOf({ classes: {} }), 'NOTHING_JUDGED'],
  ])('says when an audit %s', async (_, summary, id) => {
    const { executionSuccessful, toolExecutionNotifications } = (await runOf([], summary)).invocations[0]!
    expect(executionSuccessful).toBe(false)
    expect(toolExecutionNotifications).toMatchObject([{ level: 'error', descriptor: { id } }])
  })

  it('never leads a path out, and shows no character that is not seen', async () => {
    const { results } = await runOf(hostileRecords())
    for (const { locations, message } of results) {
      const { uri } = locations[0]!.physicalLocation.artifactLocation
      expect(URL.parse(uri, 'https://x.invalid/a/')?.href).toMatch(/^https:\/\/x\.invalid\/a\//)
      expect(message.text).not.toMatch(/\p{Cc}|\p{Cf}|\p{Cs}/u)
    }
  })
})
