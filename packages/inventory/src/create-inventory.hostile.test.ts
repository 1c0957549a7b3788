import { isSallyportError } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { createInventory } from './create-inventory.ts'
import { goProgram } from './golang/build-info.fixture.ts'
import { type Files, imageOf } from './image.fixture.ts'

const release = { '/etc/os-release': 'ID=debian\nVERSION_ID=12\n' }
const good = 'Package: good\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n'
const status = (more: string): Files => ({ ...release, '/var/lib/dpkg/status': `${good}\n${more}\n` })
const debian = (more: Files): Files => ({ ...release, '/var/lib/dpkg/status': good, ...more })

describe('createInventory on hostile images', () => {
  it.each<[string, Files, string]>([
    ['a stanza without a name', status('Status: install ok installed\nVersion: 1'), '/var/lib/dpkg/status'],
    ['a status of one word', status('Package: b\nStatus: installed\nVersion: 1'), '/var/lib/dpkg/status'],
    [
      'a name that leaves the folder',
      status('Package: ../../etc/passwd\nStatus: install ok installed\nVersion: 1'),
      '/var/lib/dpkg/status',
    ],
    [
      'a version of two words',
      status('Package: b\nStatus: install ok installed\nVersion: 1 2'),
      '/var/lib/dpkg/status',
    ],
    [
      'a relationship that is none',
      status('Package: b\nStatus: install ok installed\nVersion: 1\nDepends: a (? 1)'),
      '/var/lib/dpkg/status',
    ],
    [
      'a relative path in a list',
      debian({ '/var/lib/dpkg/info/good.list': '../etc/passwd\n' }),
      '/var/lib/dpkg/info/good.list',
    ],
    ['a cut diversion', debian({ '/var/lib/dpkg/diversions': '/a\n/b\n' }), '/var/lib/dpkg/diversions'],
    ['an interrupted dpkg', debian({ '/var/lib/dpkg/updates/0001': good }), '/var/lib/dpkg/updates/0001'],
    [
      'JSON nested without end',
      debian({ '/app/node_modules/a/package.json': `{"name":"a","version":"1","x":${'['.repeat(100_000)}` }),
      '/app/node_modules/a/package.json',
    ],
    [
      'a version that is no text',
      debian({ '/app/node_modules/a/package.json': '{"name":"a","version":{"toString":1}}' }),
      '/app/node_modules/a/package.json',
    ],
    [
      'a package.json that is a list',
      debian({ '/app/node_modules/a/package.json': '[]' }),
      '/app/node_modules/a/package.json',
    ],
    [
      'a package.json that is too large',
      debian({ '/app/node_modules/a/package.json': ' '.repeat(4 * 1024 * 1024 + 1) }),
      '/app/node_modules/a/package.json',
    ],
    [
      'metadata of Python without a name',
      debian({ '/opt/x/site-packages/a-1.dist-info/METADATA': 'Version: 1\n' }),
      '/opt/x/site-packages/a-1.dist-info/METADATA',
    ],
    [
      'a module version that no purl can hold',
      debian({ '/app': goProgram('go1.26.8', ['path\ta', 'dep\texample.org/b\tvbroken\t']) }),
      '/app',
    ],
  ])('reports %s, and reads the rest', async (_title, files, path) => {
    const { packages, gaps } = await createInventory(imageOf(files))
    expect(gaps.map((gap) => [gap.code, gap.path])).toEqual([['UNREADABLE', path]])
    expect(packages.map(({ name }) => name)).toContain('good')
    expect(packages.map(({ name }) => name)).not.toContain('b')
  })

  it.each<[string, Files, string[]]>([
    [
      'a link to nothing',
      { ...release, '/var/lib/dpkg/status': { link: 'gone' } },
      ['UNREADABLE', 'DATABASE_EMPTY'],
    ],
    ['a folder', { ...release, '/var/lib/dpkg/status/x': '' }, ['UNREADABLE', 'DATABASE_EMPTY']],
    [
      'a link to itself',
      { ...release, '/var/lib/dpkg/status': { link: 'status' } },
      ['UNREADABLE', 'DATABASE_EMPTY'],
    ],
    [
      'an old program of Go',
      { '/app': goProgram('go1.17', [], { flags: 0 }) },
      ['UNSUPPORTED', 'DATABASE_MISSING'],
    ],
    ['a broken archive of Java', debian({ '/app/a.jar': 'PK' }), ['UNREADABLE']],
    [
      'an empty database of apk beside that of dpkg',
      debian({ '/lib/apk/db/installed': '' }),
      ['DATABASE_EMPTY'],
    ],
  ])('tells %s from a clean image', async (_title, files, codes) => {
    const { gaps } = await createInventory(imageOf(files))
    expect(gaps.map(({ code }) => code)).toEqual(codes)
  })

  it('lets no list claim files of the system for a package that is not part of it', async () => {
    const { packages } = await createInventory(
      imageOf(
        debian({
          '/var/lib/dpkg/info/good.list': '/usr/bin/tool\n',
          '/usr/bin/tool': 'elf',
          '/opt/site-packages/evil-1.dist-info/METADATA': 'Name: evil\nVersion: 1\n',
          '/opt/site-packages/evil-1.dist-info/RECORD':
            '../../usr/bin/tool,,\n/usr/bin/tool,,\n../../../../../etc/os-release,,\nevil.py,,\n',
          '/opt/site-packages/evil.py': '',
        }),
      ),
    )
    expect(packages.find(({ name }) => name === 'evil')!.files).toEqual([
      '/etc/os-release',
      '/opt/site-packages/evil-1.dist-info/METADATA',
      '/opt/site-packages/evil-1.dist-info/RECORD',
      '/opt/site-packages/evil.py',
    ])
    expect(packages.find(({ name }) => name === 'good')!.files).toEqual(['/usr/bin/tool'])
  })

  it('finds paths that are no UTF-8, and keeps the exact text of their stanza', async () => {
    const { packages } = await createInventory(
      imageOf({
        ...release,
        '/var/lib/dpkg/status': Buffer.from(`${good.trimEnd()}\nMaintainer: J\xf6rg\n`, 'latin1'),
        '/var/lib/dpkg/info/good.list': Buffer.from('/usr/caf\xe9\n', 'latin1'),
        '/usr/caf\udce9': 'x',
      }),
    )
    expect(packages[0]!.files).toEqual(['/usr/caf\udce9'])
    expect(packages[0]!.dpkg!.stanza).toContain('Maintainer: J\udcf6rg')
  })

  it('tells a thousand gaps, and then how many more', async () => {
    const broken = Array.from({ length: 3_000 }, () => 'nonsense\n').join('\n')
    const { gaps } = await createInventory(imageOf(status(broken)))
    expect(gaps).toHaveLength(1_001)
    expect(gaps.at(-1)).toEqual({
      code: 'UNREADABLE',
      message: '2000 more gaps that are not told one by one',
    })
  })

  it('refuses more packages than an image can have', async () => {
    const text = Array.from({ length: 200_001 }, (_, index) => `P:a${index}\nV:1\n`).join('\n')
    const error: unknown = await createInventory(
      imageOf({ '/etc/os-release': 'ID=alpine\n', '/lib/apk/db/installed': text }),
    ).catch((reason: unknown) => reason)
    expect(isSallyportError(error) && error.code).toBe('LIMIT_EXCEEDED')
  })

  it('ends with the reason of the caller', async () => {
    const reason = new Error('stop')
    await expect(createInventory(imageOf(release), { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    )
  })
})
