import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseCsv } from './parse-csv.ts'

const quote = (cell: string): string => `"${cell.replaceAll('"', '""')}"`

it('parseCsv reads what was written with quotes, whatever is in it, and says where', () => {
  const rows = fc.array(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 2, maxLength: 4 }), {
    maxLength: 6,
  })
  fc.assert(
    fc.property(rows, fc.constantFrom('\n', '\r\n'), (table, end) => {
      const text = table.map((cells) => cells.map(quote).join(',') + end).join('')
      const read = [...parseCsv(text)]
      expect(read.map(({ cells }) => cells)).toEqual(table)
      for (const [index, { line }] of read.entries()) {
        const before = table.slice(0, index).flat().join('').split('\n').length - 1
        expect(line).toBe(1 + index + before)
      }
    }),
  )
})
