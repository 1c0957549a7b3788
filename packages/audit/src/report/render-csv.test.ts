import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fullRecord, hostileRecords, hostileTexts, joined, recordOf, streamed } from './audit.fixture.ts'
import { csvLine, neutralCell } from './csv-field.ts'
import { renderAuditCsv } from './render-csv.ts'

/** RFC 4180 as its grammar has it, character by character; refuses what the grammar refuses. */
function parseCsv(text: string): string[][] {
  const lines: string[][] = [[]]
  let at = 0
  while (at < text.length) {
    let field = ''
    if (text[at] !== '"') throw new Error(`not quoted at ${at}`)
    for (at++; ; at++) {
      if (at >= text.length) throw new Error('open quote')
      if (text[at] !== '"') field += text[at]
      else if (text[at + 1] === '"') field += text[at++]
      else break
    }
    at++
    lines.at(-1)!.push(field)
    if (text[at] === ',') at++
    else if (text.slice(at, at + 2) === '\r\n') {
      at += 2
      lines.push([])
    } else throw new Error(`neither end nor comma at ${at}`)
  }
  if (lines.pop()!.length > 0) throw new Error('no end of line')
  return lines
}

const formula = /(?:^|[;,"'])\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/

/** Whether a program that takes some other separator would find a cell that starts with a formula. */
const mayCalculate = (field: string) =>
  formula.test(field.replace(/'(?=\s*[=+\-@\uff1d\uff0b\uff0d\uff20])/g, '_'))

describe('csvLine', () => {
  it('reads back to the same fields, on one line, without a formula, whatever they hold', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(...`=+-@;,'" \t\r\n|a＝`) }),
    )
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), (fields) => {
        const line = csvLine(fields)
        expect(parseCsv(line)).toEqual([fields.map(neutralCell)])
        expect(line.slice(0, -2)).not.toMatch(/[\r\n]/)
        for (const field of parseCsv(line)[0]!) expect(mayCalculate(field)).toBe(false)
      }),
      { numRuns: 200 },
    )
  })

  it.each([
    ['=1', "'=1"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@x', "'@x"],
    [' =1', "' =1"],
    ['"=1"', `"'=1"`],
    ['a;=1', "a;'=1"],
    ['\t=1', String.raw`\t=1`],
    ['\r=1', String.raw`\r=1`],
    ['\uff1d1', "'\uff1d1"],
    ['a-b', 'a-b'],
    ['1.4 - rc', '1.4 - rc'],
  ])('writes %j as %j', (text, cell) => expect(neutralCell(text)).toBe(cell))
})

describe('renderAuditCsv', () => {
  const read = async (records: Parameters<typeof streamed>[0]) =>
    parseCsv(await joined(renderAuditCsv(streamed(records))))

  it('writes a line for each record, with as many fields as names', async () => {
    const lines = await read(hostileRecords())
    expect(lines).toHaveLength(hostileTexts.length + 1)
    for (const line of lines) expect(line).toHaveLength(lines[0]!.length)
    for (const field of lines.flat()) expect(mayCalculate(field)).toBe(false)
  })

  it('says class, all classes, where it runs and what to do', async () => {
    const [names, line] = await read([fullRecord('x')])
    const field = (name: string) => line![names!.indexOf(name)]
    expect(field('class')).toBe('unverifiable')
    expect(field('classes')).toBe('unverifiable no-sbom')
    expect(field('running')).toBe('1')
    expect(field('deployments')).toBe('x/x/x (x)')
    expect(field('action')).toContain('Promote the image again')
    expect(field('signers')).toBe('x (x) | key x')
  })

  it('tells what runs nowhere from what nobody told', async () => {
    const [names, none, unknown] = await read([
      recordOf({ deployments: [] }),
      recordOf({ deployments: undefined }),
    ])
    expect(none![names!.indexOf('running')]).toBe('0')
    expect(unknown![names!.indexOf('running')]).toBe('')
  })

  it('writes the names of no records', async () => expect(await read([])).toHaveLength(1))
})
