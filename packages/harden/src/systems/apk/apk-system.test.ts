import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { encodeTarHeader, openImage } from '@sallyport/image'
import { createInventory } from '@sallyport/inventory'
import { createImage, type FileDescription } from '@sallyport/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hardenImage } from '../../harden-image.ts'
import { apkSystem } from './apk-system.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'harden-apk-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const sums = { musl: 'Q1pKhIlA6eRRuaZ6yJJTUTEjI8GnU=', busybox: 'Q16KKkDenzjdRkzTB/WOw1mNRvBYo=' }

const installed = [
  `C:${sums.musl}\nP:musl\nV:1.2.5-r0\nA:x86_64\nm:Timo Teräs\np:so:libc.musl-x86_64.so.1=1\nF:lib\nR:libc.musl-x86_64.so.1\na:0:0:755\nZ:Q17yJ3JFNypA4mxhJJr0ou6CzsJVI=\n`,
  `C:${sums.busybox}\nP:busybox\nV:1.36.1-r2\nA:x86_64\nD:so:libc.musl-x86_64.so.1\np:/bin/sh cmd:busybox=1.36.1-r2\nF:bin\nR:busybox\na:0:0:755\nZ:Q1a=\n`,
  `C:Q1AAAA\nP:tool\nV:2-r0\nA:x86_64\nD:so:libx.so.1>=1 !other\nF:usr\nF:usr/bin\nR:tool\na:0:0:755\n`,
  `C:Q1BBBB\nP:libx\nV:1.5-r0\nA:x86_64\np:so:libx.so.1=1.5\nF:usr/lib\nM:0:0:755\nR:libx.so.1\nR:extra\nZ:Q1a=\n`,
  `C:Q1CCCC\nP:.virtual-deps\nV:20240101.000000\nA:noarch\nD:unused\n`,
  `C:Q1DDDD\nP:unused\nV:3-r0\nA:x86_64\np:cmd:unused=3-r0\nF:usr/bin\nR:unused\nF:usr/share/unused\nR:data\n`,
]

const member = (path: string, content: string) =>
  Buffer.concat([
    encodeTarHeader({ path, type: 'file', mode: 0o755, uid: 0, gid: 0, size: content.length, mtime: 0 }),
    Buffer.from(content.padEnd(Math.ceil(content.length / 512) * 512, '\0')),
  ])
const busyboxScript = member(`busybox-1.36.1-r2.${sums.busybox}.post-install`, '#!/bin/sh\n')
const tar = Buffer.concat([busyboxScript, member('unused-3-r0.Q1DDDD.trigger', ''), Buffer.alloc(1024)])

const files = (database = installed.join('\n') + '\n'): Record<string, FileDescription> => ({
  '/etc/os-release': 'ID=alpine\nVERSION_ID=3.20.0\n',
  '/lib/apk/db/installed': database,
  '/lib/apk/db/scripts.tar': { content: tar },
  '/lib/apk/db/triggers': `${sums.busybox} /bin /usr/bin\nQ1DDDD /usr/share/*\n`,
  '/etc/apk/world': 'busybox\nunused>1\ncmd:unused\ntool@edge\n',
  '/lib/libc.musl-x86_64.so.1': { content: 'libc', mode: 0o755 },
  '/bin/busybox': { content: 'busybox program', mode: 0o755 },
  '/bin/sh': { symlink: '/bin/busybox' },
  '/bin/ls': { symlink: 'busybox' },
  '/usr/bin/tool': { content: 'tool program', mode: 0o755 },
  '/usr/bin/unused': { content: '#!/bin/sh\n', mode: 0o755 },
  '/usr/share/unused/data': 'data',
  '/usr/lib/libx.so.1': 'libx',
  '/usr/lib/extra': 'extra',
})

async function open(description = files(), entry = ['/usr/bin/tool']) {
  const source = createImage({ layers: [{ files: description }], config: { Entrypoint: entry } })
  const image = await openImage(source, source.raw, { directory })
  return { image, inventory: await createInventory(image) }
}

describe('apk packages', () => {
  it('leave with their stanzas, scripts, triggers, words in world, and links of busybox', async () => {
    const { image, inventory } = await open()
    await using _ = image
    expect(inventory.gaps).toEqual([])
    const result = await hardenImage(image, inventory, { directory })
    await using after = result.image!
    expect(result.report.removed.map(({ name }) => name)).toEqual(['.virtual-deps', 'busybox', 'unused'])
    const text = async (path: string) => Buffer.from(await after.readFile(after.tree.get(path)!)).toString()
    expect(await text('/lib/apk/db/installed')).toBe(`${installed[0]}\n${installed[2]}\n${installed[3]}\n`)
    expect(await text('/etc/apk/world')).toBe('tool@edge\n')
    expect(await text('/lib/apk/db/triggers')).toBe('')
    expect(await text('/lib/apk/db/scripts.tar')).toBe(Buffer.alloc(1024).toString())
    for (const path of ['/bin/ls', '/bin/sh', '/bin/busybox', '/usr/share/unused', '/usr/bin/unused'])
      expect(after.tree.get(path), path).toBeUndefined()
  })

  it('keep what they depend on, by libraries, commands and paths', async () => {
    const { image, inventory } = await open(files(), ['/bin/sh', '-c', 'unused'])
    await using _ = image
    const result = await hardenImage(image, inventory, { directory })
    await using _after = result.image
    const { report } = result
    expect(report.removed.map(({ name }) => name)).toEqual(['.virtual-deps', 'libx', 'tool'])
  })

  it('of apk 3 lie below /usr, with compressed scripts', async () => {
    const { image, inventory } = await open(
      Object.fromEntries(
        Object.entries(files()).map(([path, content]) => [
          path.replace('/lib/apk/', '/usr/lib/apk/').replace('scripts.tar', 'scripts.tar.gz'),
          path.endsWith('scripts.tar') ? { content: gzipSync(tar) } : content,
        ]),
      ),
      ['/bin/busybox'],
    )
    await using _ = image
    const result = await hardenImage(image, inventory, { directory })
    await using after = result.image!
    const packed = await after.readFile(after.tree.get('/usr/lib/apk/db/scripts.tar.gz')!)
    expect(gunzipSync(packed).equals(Buffer.concat([busyboxScript, Buffer.alloc(1024)]))).toBe(true)
  })

  it('lose single files from their lists', async () => {
    const { image, inventory } = await open()
    await using _ = image
    const system = await apkSystem.open(image, inventory.packages, {})
    const libx = inventory.packages.find(({ name }) => name === 'libx')!
    const edit = { remove: new Set<string>(), replace: new Map<string, Uint8Array>() }
    await system.removeFiles!(edit, new Map([[libx, ['/usr/lib/extra']]]))
    const changed = Buffer.from(edit.replace.get('/lib/apk/db/installed')!).toString()
    expect(changed).toBe(`${installed.join('\n')}\n`.replace('R:extra\nZ:Q1a=\n', ''))
    expect(await system.listedPaths(libx)).toEqual(['/usr/lib', '/usr/lib/libx.so.1', '/usr/lib/extra'])
  })

  it.each([
    ['two packages of one name', `${installed.join('\n')}\n${installed[5]}\n`, /two packages/],
    [
      'a mode without a file',
      `${installed.join('\n')}\nC:Q1E\nP:e\nV:1\na:0:0:755\n\n`,
      /line 6\d: a sum or mode/,
    ],
    [
      'a name that is none',
      `${installed.join('\n')}\nC:Q1E\nP:../e\nV:1\n\n`,
      /not a package name|does not name/,
    ],
  ])('stay when the database has %s', async (_title, database, message) => {
    const { image, inventory } = await open(files(database))
    await using _ = image
    const result = await hardenImage(image, inventory, { directory })
    await using _after = result.image
    const { report } = result
    expect(report.removed).toEqual([])
    expect(report.unchangedBecause).toMatch(message)
  })

  it('stay when their archive of scripts is damaged', async () => {
    const { image, inventory } = await open({
      ...files(),
      '/lib/apk/db/scripts.tar': { content: tar.subarray(0, 600) },
    })
    await using _ = image
    const result = await hardenImage(image, inventory, { directory })
    await using _after = result.image
    const { report } = result
    expect(report.unchangedBecause).toMatch(/ends within a member/)
  })
})
