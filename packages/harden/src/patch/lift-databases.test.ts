import type { FileNode, FileTree } from '@sallyport/image'
import type { Package } from '@sallyport/inventory'
import { expect, it } from 'vitest'
import { liftDatabases } from './lift-databases.ts'

it('writes databases into the layer of the files, with their metadata, and other files where they are', () => {
  const status = '/var/lib/dpkg/status'
  const list = '/var/lib/dpkg/info/tool.list'
  const node = {
    type: 'file',
    mode: 0o640,
    uid: 1,
    gid: 2,
    mtime: 3,
    xattrs: new Map(),
  } as unknown as FileNode
  const tree = { get: () => node } as unknown as FileTree
  const packages = [{ evidence: { path: status } }, { evidence: { path: '/var/lib/rpm/rpmdb.sqlite' } }]
  const [content, other] = [Buffer.from('status'), Buffer.from('list')]
  const edit = {
    remove: new Set(['/usr/bin/old']),
    add: new Map(),
    replace: new Map([
      [status, content],
      [list, other],
    ]),
  }
  expect(liftDatabases(edit, { tree, packages: packages as unknown as readonly Package[] })).toEqual({
    remove: new Set(['/usr/bin/old', status]),
    add: new Map([
      [status, { type: 'file', content, mode: 0o640, uid: 1, gid: 2, mtime: 3, xattrs: new Map() }],
    ]),
    replace: new Map([[list, other]]),
  })
  expect(edit.replace.size).toBe(2)
})
