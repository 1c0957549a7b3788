import { createHash } from 'node:crypto'
import { createTarWriter } from '@sallyport/image'
import { describe, expect, it } from 'vitest'
import { FileBaseline } from '../drift/file-baseline.ts'
import { tarCollector } from './tar-collector.ts'

const baseline = new FileBaseline([])
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

function collect(tar: Uint8Array, content: 'export' | 'diff', pieces = 7) {
  async function* open() {
    for (let at = 0; at < tar.length; at += pieces) yield tar.subarray(at, at + pieces)
  }
  return Array.fromAsync(tarCollector(open, { content }).collect({ baseline }))
}

describe('tarCollector', () => {
  it('tells each file with its hash, its first bytes and its capability', async () => {
    const tar = createTarWriter()
    const capability = Buffer.from('AQAAAgAgAAAAAAAAAAAAAAAAAAA=', 'base64')
    tar.add({ type: 'directory', path: './bin/', mode: 0o755 })
    tar.add({
      type: 'file',
      path: 'bin/a',
      data: '#!/bin/sh\n',
      mode: 0o755,
      xattrs: new Map([['security.capability', capability]]),
    })
    tar.add({ type: 'hardlink', path: 'bin/b', linkPath: 'bin/a' })
    tar.add({ type: 'hardlink', path: 'bin/c', linkPath: 'bin/none' })
    tar.add({ type: 'symlink', path: 'bin/d', linkPath: '/x' })
    tar.add({ type: 'file', path: 'bin/empty', data: '' })
    const seen = await collect(tar.finish(), 'export')
    const script = {
      sha256: sha256('#!/bin/sh\n'),
      magic: 'script',
      capability: capability.toString('base64'),
    }
    expect(seen).toMatchObject([
      { path: '/bin', type: 'directory' },
      { path: '/bin/a', type: 'file', mode: 0o755, ...script },
      { path: '/bin/b', type: 'file', ...script },
      { path: '/bin/c', kind: 'unknown' },
      { path: '/bin/d', type: 'symlink', linkTarget: '/x' },
      { path: '/bin/empty', sha256: sha256(''), capability: '' },
    ])
  })

  it('understands whiteouts in what was written, and only there', async () => {
    const tar = createTarWriter()
    for (const path of ['a/.wh.b', 'a/.wh..wh..opq', '.wh.c']) tar.add({ type: 'file', path, data: '' })
    const bytes = tar.finish()
    expect(await collect(bytes, 'diff')).toEqual([
      { kind: 'deleted', path: '/a/b' },
      { kind: 'opaque', path: '/a' },
      { kind: 'deleted', path: '/c' },
    ])
    expect((await collect(bytes, 'export')).map(({ kind }) => kind)).toEqual([
      'present',
      'present',
      'present',
    ])
  })

  it('does not believe a path that leads out of it', async () => {
    const tar = createTarWriter()
    tar.add({ type: 'file', path: '../etc/passwd', data: 'x' })
    expect(await collect(tar.finish(), 'export')).toMatchObject([{ kind: 'unknown' }])
  })

  it('rejects an archive that was cut', async () => {
    const tar = createTarWriter()
    tar.add({ type: 'file', path: 'a', data: 'x'.repeat(2000) })
    await expect(collect(tar.finish().subarray(0, 1500), 'export', 512)).rejects.toMatchObject({
      code: 'TAR_INVALID',
    })
  })
})
