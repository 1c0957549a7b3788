import { Ajv2020 } from 'ajv/dist/2020.js'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { auditClasses } from '../audit-class.ts'
import {
  digest,
  fullRecord,
  hostileRecords,
  hostileSummary,
  joined,
  recordOf,
  streamed,
  summaryOf,
} from './audit.fixture.ts'
import { auditJsonSchema, parseAuditJson, renderAuditJson } from './render-json.ts'

const source = 'audit.json'
const write = (records: Parameters<typeof streamed>[0], summary = summaryOf()) =>
  joined(renderAuditJson(summary, streamed(records)))

describe('renderAuditJson and parseAuditJson', () => {
  it.each([
    ['no record', summaryOf(), []],
    ['every field', summaryOf(), [fullRecord('x')]],
    ['hostile names', hostileSummary(), hostileRecords()],
    [
      'an unfinished audit',
      summaryOf({ finishedAt: undefined }),
      [recordOf({ class: undefined, problems: [] })],
    ],
  ])('come to the same: %s', async (_, summary, records) => {
    const text = await write(records, summary)
    const read = parseAuditJson(text, { source })
    expect(read.records).toEqual(records)
    expect(read.summary).toEqual(summary)
    expect(await write(read.records, read.summary)).toBe(text)
  })

  it('come to the same for any text', async () => {
    await fc.assert(
      fc.asyncProperty(
        // It names claims and severities too, and none has a name that readers refuse.
        fc.string({ unit: 'binary' }).filter((text) => text !== '__proto__'),
        fc.constantFrom(...auditClasses),
        fc.array(fc.nat(), { maxLength: 3 }),
        async (text, auditClass, sizes) => {
          const records = sizes.map((size, index) =>
            fullRecord(text, { size, class: auditClass, digest: digest(index) }),
          )
          const written = await write(records, summaryOf({ id: text, registry: text }))
          expect(parseAuditJson(written, { source }).records).toEqual(records)
          expect(written).not.toMatch(/[^\P{Cc}\n]|\p{Cf}|\p{Zl}|\p{Zp}/u)
        },
      ),
      { numRuns: 40 },
    )
  })

  it('write each record on a line of its own', async () => {
    const lines = (await write([recordOf(), fullRecord('\n')])).split('\n')
    expect(lines.slice(1, 3).map((line) => JSON.parse(line.replace(/,$/, '')).repository)).toEqual([
      'team/app',
      '\n',
    ])
  })

  it.each([
    ['not JSON', '{'],
    ['depth', '['.repeat(1000)],
    ['another schema', { schema: 'x' }],
    ['a class that is none', { records: [{ ...recordOf(), class: 'fine' }] }],
    ['a digest that is none', { records: [{ ...recordOf(), digest: 'sha256:1' }] }],
    ['no records', { records: undefined }],
    ['negative counts', { tags: -1 }],
    ['a claim and a severity that would be lost', { records: [fullRecord('__proto__')] }],
    [
      'a signer without a name',
      {
        records: [
          recordOf({ evidence: [{ ...fullRecord('x').evidence[0]!, signer: { kind: 'key' } as never }] }),
        ],
      },
    ],
  ])('refuse %s, and name the file', async (_, changes) => {
    const text =
      typeof changes === 'string'
        ? changes
        : JSON.stringify({ ...JSON.parse(await write([recordOf()])), ...changes })
    expect(() => parseAuditJson(text, { source })).toThrow(
      expect.objectContaining({ name: 'AuditError', code: 'REPORT_INVALID', subject: source }),
    )
  })

  it('refuse what is too large', async () => {
    expect(() => parseAuditJson('{}', { source, maxBytes: 1 })).toThrow(/more than 1 bytes/)
  })

  it('hold one record at a time', async () => {
    let read = 0
    async function* endless() {
      for (;;) {
        read++
        yield fullRecord('x')
      }
    }
    let length = 0
    for await (const part of renderAuditJson(summaryOf(), endless())) {
      length += part.length
      if (length > 1_000_000) break
    }
    expect(read).toBeLessThan(2_000)
  })
})

describe('auditJsonSchema', () => {
  const check = new Ajv2020({ strict: false, validateFormats: false }).compile(auditJsonSchema())

  it('takes what renderAuditJson writes', async () => {
    check(JSON.parse(await write(hostileRecords(), hostileSummary())))
    expect(check.errors).toBeNull()
  })

  it('refuses a class that is none', async () => {
    expect(check({ ...JSON.parse(await write([])), records: [{ ...recordOf(), class: 'fine' }] })).toBe(false)
  })

  it('allows fields of later versions', () => {
    expect(JSON.stringify(auditJsonSchema())).not.toContain('"additionalProperties":false')
  })
})
