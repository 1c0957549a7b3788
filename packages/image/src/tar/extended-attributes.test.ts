import { describe, expect, it } from 'vitest'
import { createTarWriter } from './create-tar-writer.ts'
import { encodeTarHeader } from './encode-header.ts'
import type { TarEntry } from './tar-header.ts'
import { TarScanner } from './tar-scanner.ts'

const value = Buffer.from('AQAAAgAgAAAAAAAAAAAAAAAAAAA=', 'base64')
const other = Buffer.from('AQAAAoAAAAAAAAAAAAAAAAAAAAA=', 'base64')
const schily = 'SCHILY.xattr.security.capability'
const libarchive = 'LIBARCHIVE.xattr.security.capability'
const text = (bytes: Buffer) => Buffer.from(bytes.toString('base64').replace(/=+$/, ''))

/** A PAX header with these records, and the entry that it is of. */
function tarOf(records: readonly (readonly [string, Uint8Array])[]): Uint8Array {
  const body = Buffer.concat(
    records.map(([keyword, bytes]) => {
      const rest = Buffer.concat([Buffer.from(` ${keyword}=`), bytes, Buffer.from('\n')])
      const length = [2, 3, 4].find((digits) => String(rest.length + digits).length === digits)!
      return Buffer.concat([Buffer.from(String(rest.length + length)), rest])
    }),
  )
  const pax = Buffer.from(createTarWriter().add({ path: 'pax', type: 'file', data: body }).finish()).subarray(
    0,
    -1024,
  )
  pax.write('x', 156)
  pax.fill(' ', 148, 156)
  const sum = pax.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  pax.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return Buffer.concat([pax, createTarWriter().add({ path: 'file', type: 'file', data: '' }).finish()])
}

function read(tar: Uint8Array): TarEntry {
  const entries: TarEntry[] = []
  new TarScanner({ onEntry: (entry) => entries.push(entry) }, {}).push(tar)
  expect(entries).toHaveLength(1)
  return entries[0]!
}

const hexOf = ({ xattrs }: TarEntry) =>
  Object.fromEntries([...xattrs].map(([name, bytes]) => [name, Buffer.from(bytes).toString('hex')]))
const own = { 'security.capability': value.toString('hex') }

describe('xattrsOf', () => {
  it.each<[string, readonly (readonly [string, Uint8Array])[]]>([
    ["star's record", [[schily, value]]],
    ["libarchive's record", [[libarchive, text(value)]]],
    ["libarchive's record with padding", [[libarchive, Buffer.from(value.toString('base64'))]]],
    [
      'both',
      [
        [schily, value],
        [libarchive, text(value)],
      ],
    ],
  ])('reads capabilities from %s', (_title, records) => {
    expect(hexOf(read(tarOf(records)))).toEqual(own)
  })

  it.each<[string, readonly (readonly [string, Uint8Array])[]]>([
    [
      'records that differ',
      [
        [schily, value],
        [libarchive, text(other)],
      ],
    ],
    ['a record that is none', [[libarchive, Buffer.from('*')]]],
  ])('refuses %s', (_title, records) => {
    expect(() => read(tarOf(records))).toThrow(expect.objectContaining({ code: 'TAR_INVALID' }))
  })
})

describe('addXattrRecords', () => {
  const rewritten = (records: readonly (readonly [string, Uint8Array])[], xattrs?: TarEntry['xattrs']) => {
    const entry = read(tarOf(records))
    return read(encodeTarHeader({ ...entry, xattrs: xattrs ?? entry.xattrs }))
  }

  it.each<[string, readonly (readonly [string, Uint8Array])[], string[]]>([
    ["star's record", [[schily, value]], [schily]],
    ["libarchive's record, and tells no runtime", [[libarchive, text(value)]], [libarchive]],
    [
      'both',
      [
        [schily, value],
        [libarchive, text(value)],
      ],
      [libarchive, schily],
    ],
  ])('keeps %s', (_title, records, expected) => {
    const entry = rewritten(records)
    expect([...entry.pax.keys()].toSorted()).toEqual(expected)
    expect(hexOf(entry)).toEqual(own)
  })

  it('leaves none behind where they are taken away or changed', () => {
    const both = [
      [schily, value],
      [libarchive, text(value)],
    ] as const
    expect([...rewritten(both, new Map()).pax.keys()]).toEqual([])
    expect([...rewritten([[libarchive, text(value)]], new Map()).pax.keys()]).toEqual([])
    const changed = rewritten(both, new Map([['security.capability', other]]))
    expect([...changed.pax.keys()]).toEqual([schily])
    expect(hexOf(changed)).toEqual({ 'security.capability': other.toString('hex') })
  })
})
