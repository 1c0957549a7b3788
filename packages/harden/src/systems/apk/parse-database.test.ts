import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { decodeName } from '@sallyport/image'
import { describe, expect, it } from 'vitest'
import { cutFiles, cutStanzas, parseDatabase } from './parse-database.ts'

const letters = fc.constantFrom('C', 'P', 'V', 'D', 'p', 'F', 'R', 'a', 'Z', 'M', 'x')
const line = fc
  .tuple(letters, fc.stringMatching(/^[ -~é]{0,12}$/))
  .map(([letter, value]) => `${letter}:${value}`)
const stanza = fc.array(line, { minLength: 1, maxLength: 8 }).map((lines) => lines.join('\n'))
const anyDatabase = fc
  .tuple(fc.array(fc.tuple(stanza, fc.constantFrom('\n\n', '\n\n\n'))), fc.constantFrom('', '\n', 'P:last'))
  .map(([all, end]) => all.flat().join('') + end)

/** Databases of real systems, where they are there. */
const data = join(import.meta.dirname, '../../../../../../shared/data/scan/pkgdb')
const genuine = globSync('**/apk/**/installed', { cwd: data }).map((path) => join(data, path))

describe('parseDatabase', () => {
  it('loses no byte of what it does not cut', () => {
    const holds = (text: string) => {
      const database = parseDatabase(text)
      expect(cutStanzas(text, database, () => false)).toBe(text)
      const first = database.stanzas[0]?.start ?? text.length
      expect(
        text.slice(0, first) + database.stanzas.map(({ start, end }) => text.slice(start, end)).join(''),
      ).toBe(text)
      for (const one of database.stanzas) {
        expect(cutFiles(text, one, () => false)).toBe(text.slice(one.start, one.end))
        const cut = parseDatabase(cutFiles(text, one, () => true)).stanzas[0]
        expect(cut?.files ?? []).toEqual([])
        expect(cut?.folders ?? []).toEqual(one.folders)
      }
    }
    fc.assert(fc.property(anyDatabase, holds))
    for (const path of genuine) holds(decodeName(readFileSync(path)))
  })

  it('cuts one stanza and leaves the others', () => {
    const holds = (text: string, index: number) => {
      const database = parseDatabase(text)
      const one = database.stanzas[index]
      const left = parseDatabase(cutStanzas(text, database, (other) => other === one))
      expect(left.stanzas.map(({ lines }) => lines)).toEqual(
        database.stanzas.filter((other) => other !== one).map(({ lines }) => lines),
      )
    }
    fc.assert(fc.property(anyDatabase, fc.integer({ min: 0, max: 5 }), holds))
    for (const path of genuine) holds(decodeName(readFileSync(path)), 3)
  })

  it.skipIf(genuine.length === 0)('finds nothing wrong with databases of real systems', () => {
    expect(genuine.length).toBeGreaterThan(4)
    const found = genuine
      .filter((path) => /alpine_|scalibr|multiple/.test(path))
      .map((path) => parseDatabase(decodeName(readFileSync(path))).problem)
    expect(new Set(found)).toEqual(new Set([undefined]))
  })

  it('binds modes and sums to the file before them', () => {
    const text = 'P:a\nV:1\nF:\nR:top\nF:usr/bin\nM:0:0:755\nR:x\na:0:0:755\nZ:Q1sum=\nR:y\n\n'
    const [only] = parseDatabase(text).stanzas
    expect(only!.folders).toEqual(['/', '/usr/bin'])
    expect(only!.files.map(({ path, checksum }) => [path, checksum])).toEqual([
      ['/top', undefined],
      ['/usr/bin/x', 'Q1sum='],
      ['/usr/bin/y', undefined],
    ])
    expect(cutFiles(text, only!, (path) => path === '/usr/bin/x')).toBe(
      'P:a\nV:1\nF:\nR:top\nF:usr/bin\nM:0:0:755\nR:y\n\n',
    )
  })

  it.each([
    ['P:a\nV:1\nR:x\n', 3, 'a file without a folder'],
    ['\n\nP:a\nV:1\n\nP:b\nV:1\nwhat\n\n', 8, 'not a field'],
    ['P:a\nP:b\nV:1\n', 2, 'a second field P'],
    ['P:a\nV:1\n\n\nV:2\n\n', 5, 'no field P'],
    ['P:a\nV:1\nF:x\nZ:Q1\n', 4, 'a sum or mode without a file'],
  ])('finds in %j, line %i: %s', (text, number, message) => {
    expect(parseDatabase(text).problem).toEqual({ line: number, message })
  })
})
