import { describe, expect, it } from 'vitest'
import { indexEntries, type PackageEntry } from './package-entry.ts'

const entry = (path: string, type: PackageEntry['type']): PackageEntry => ({
  path,
  type,
  mode: 0o644,
  uid: 0,
  gid: 0,
  mtime: 0,
  xattrs: new Map(),
  linkTarget: '',
  size: 0,
  dataOffset: 0,
})

describe('indexEntries', () => {
  it.each([
    ['two files', 'file', 'file'],
    ['a link and a file behind its back', 'symlink', 'file'],
    ['a folder and a link', 'directory', 'symlink'],
  ] as const)('refuses %s of one path', (_, one, other) => {
    const entries = [entry('/a', one), entry('/a', other)]
    expect(() => indexEntries('x', entries)).toThrow(expect.objectContaining({ code: 'ARCHIVE_INVALID' }))
  })

  it('takes a folder that is there twice', () => {
    expect(indexEntries('x', [entry('/a', 'directory'), entry('/a', 'directory')]).size).toBe(1)
  })
})
