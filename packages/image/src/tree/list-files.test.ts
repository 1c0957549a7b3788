import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { testImage } from '../internal/test-image.ts'
import { openImage } from '../open/open-image.ts'
import { createTarWriter } from '../tar/create-tar-writer.ts'
import { listFiles } from './list-files.ts'

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

async function listOf(...layers: readonly Uint8Array[]) {
  const { raw, source } = testImage(layers)
  await using image = await openImage(source, raw)
  const files = await Array.fromAsync(listFiles(image))
  return new Map(files.map((file) => [file.path, file]))
}

describe('listFiles', () => {
  it('lists what a container sees, each file with its hash and what its first bytes say', async () => {
    const base = createTarWriter()
    base.add({ type: 'file', path: 'bin/old', data: 'old' })
    base.add({ type: 'file', path: 'bin/program', data: '\u007fELF…', mode: 0o4755 })
    const top = createTarWriter()
    top.add({ type: 'file', path: 'bin/.wh.old' })
    top.add({ type: 'file', path: 'bin/script', data: '#!/bin/sh\n', mode: 0o755 })
    top.add({ type: 'hardlink', path: 'bin/again', linkPath: 'bin/script', mode: 0o755 })
    top.add({ type: 'symlink', path: 'link', linkPath: '/bin/script' })
    top.add({ type: 'file', path: 'empty', data: '' })
    top.add({ type: 'file', path: 'short', data: '#' })
    const files = await listOf(base.finish(), top.finish())
    expect([...files.keys()]).toEqual([
      '/',
      '/bin',
      '/bin/again',
      '/bin/program',
      '/bin/script',
      '/empty',
      '/link',
      '/short',
    ])
    expect(files.get('/bin/program')).toMatchObject({
      mode: 0o4755,
      magic: 'elf',
      sha256: sha256(Buffer.from('\u007fELF…')),
    })
    const script = { magic: 'script', sha256: sha256(Buffer.from('#!/bin/sh\n')) }
    expect(files.get('/bin/script')).toMatchObject(script)
    expect(files.get('/bin/again')).toMatchObject(script)
    expect(files.get('/link')).toMatchObject({ type: 'symlink', linkTarget: '/bin/script' })
    expect(files.get('/empty')).toMatchObject({ size: 0, sha256: sha256(Buffer.alloc(0)) })
    expect(files.get('/short')).not.toHaveProperty('magic')
  })

  it('hashes files that are larger than what is read at once, and those across its edges', async () => {
    const tar = createTarWriter()
    // The second begins 3 bytes before the end of the first 4 MiB window; the third needs several.
    const sizes = [4 * 1024 * 1024 - 512 - 512, 10, 9_000_001, 1]
    const contents = sizes.map((size, at) => Buffer.alloc(size, `#!${at}`))
    for (const [at, data] of contents.entries()) tar.add({ type: 'file', path: `f${at}`, data })
    const files = await listOf(tar.finish())
    for (const [at, data] of contents.entries())
      expect(files.get(`/f${at}`)).toMatchObject({ sha256: sha256(data), size: data.length })
    expect(files.get('/f2')).toMatchObject({ magic: 'script' })
  })
})
