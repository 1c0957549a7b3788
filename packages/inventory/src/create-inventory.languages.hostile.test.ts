import { isSallyportError } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { createInventory } from './create-inventory.ts'
import { type Files, imageOf } from './image.fixture.ts'
import { zipOf } from './internal/archive.fixture.ts'

const site = '/venv/lib/python3.11/site-packages'
const good = { '/app/node_modules/good/package.json': '{"name":"good","version":"1.0.0"}' }
const deep = '['.repeat(100_000)
const huge = ' '.repeat(4 * 1024 * 1024 + 1)
const installed = '/app/vendor/composer/installed.json'
const manifest = '/app/node_modules/a/package.json'
const meta = '/opt/conda/conda-meta/a.json'
const deps = '/app/a.deps.json'
const gemspec = '/bundle/specifications/a-1.gemspec'
const library = (id: string) => JSON.stringify({ libraries: { [id]: { type: 'package' } } })

describe('createInventory on hostile packages of languages', () => {
  it.each<[string, string, string | Uint8Array]>([
    ['a name that leaves its folder', manifest, '{"name":"../../etc","version":"1.0.0"}'],
    ['a name of many parts', manifest, '{"name":"a/b/c","version":"1.0.0"}'],
    ['a name of control characters', manifest, '{"name":"a\\u0007\\u001b[2J","version":"1.0.0"}'],
    ['a name without end', manifest, `{"name":"${'a'.repeat(1_000)}","version":"1.0.0"}`],
    ['a version of two lines', manifest, '{"name":"a","version":"1.0.0\\n2.0.0"}'],
    ['a lock file that is none', '/app/node_modules/.package-lock.json', '[]'],
    ['a lock file nested without end', '/app/node_modules/.package-lock.json', `{"packages":${deep}`],
    ['metadata that is too large', `${site}/a-1.dist-info/METADATA`, huge],
    ['a distribution with a way out', `${site}/a-1.dist-info/METADATA`, 'Name: ../a\nVersion: 1\n'],
    ['an egg that is no archive', `${site}/a-1.egg`, 'PK\x03\x04'],
    ['an egg without metadata', `${site}/a-1.egg`, zipOf([{ name: 'a.py', content: '' }])],
    [
      'an egg that unpacks to more than it tells',
      `${site}/a-1.egg`,
      zipOf([{ name: 'EGG-INFO/PKG-INFO', content: ' '.repeat(9_000_000), toldSize: 20 }]),
    ],
    ['a link of an egg to itself', `${site}/a.egg-link`, `${site}/a.egg-link`],
    ['a record of conda nested without end', meta, `{"name":${deep}`],
    ['a package of conda with a way out', meta, '{"name":"../a","version":"1"}'],
    ['a list of Composer nested without end', installed, deep],
    ['a list of Composer that is a text', installed, '"packages"'],
    ['a package of Composer that is a number', installed, '[7]'],
    ['a package of Composer with a way out', installed, '[{"name":"acme/../../etc","version":"1"}]'],
    ['a package of Composer without a vendor', installed, '[{"name":"alpha","version":"1"}]'],
    ['dependencies of .NET nested without end', deps, `{"libraries":${deep}`],
    ['a library with a way out', deps, library('../../etc/1.0.0')],
    ['a library without a version', deps, library('a')],
    ['a library of control characters', deps, library('a\u0000/1.0.0')],
    ['libraries in a list', deps, '{"libraries":[]}'],
    [
      'a gem whose name would run a command',
      gemspec,
      'Gem::Specification.new do |s|\ns.name = "#{`id`}"\ns.version = "1"\nend\n',
    ],
    ['a gem that is too large', gemspec, huge],
  ])('reports %s, and reads the rest', async (_title, path, content) => {
    const { packages, gaps } = await createInventory(imageOf({ ...good, [path]: content }))
    expect(gaps.map((gap) => [gap.code, gap.path])).toEqual([['UNREADABLE', path]])
    expect(gaps[0]!.message).not.toMatch(/\p{Cc}/u)
    expect(packages.map(({ purl }) => purl)).toEqual(['pkg:npm/good@1.0.0'])
  })

  it('takes keys of prototypes for what they are', async () => {
    const { packages, gaps } = await createInventory(
      imageOf({
        [manifest]:
          '{"name":"a","version":"1.0.0","__proto__":{"license":"MIT"},"dependencies":{"__proto__":"1","constructor":"1","good":"1"}}',
        ...good,
        '/app/node_modules/constructor/package.json': '{"name":"constructor","version":"1.0.0"}',
        '/app/node_modules/.package-lock.json': '{"packages":{"__proto__":{"version":"1.0.0"}}}',
        [installed]: '[{"name":"acme/constructor","version":"1","require":{"__proto__":"1","toString":"1"}}]',
        [deps]:
          '{"runtimeTarget":{"name":"__proto__"},"targets":{},"libraries":{"toString/1.0.0":{"type":"package"}}}',
        [meta]: '{"name":"tostring","version":"1","depends":["__proto__","constructor"]}',
      }),
    )
    expect(gaps).toEqual([])
    expect(packages.map(({ purl, license, dependsOn }) => [purl, license, dependsOn])).toEqual([
      ['pkg:composer/acme/constructor@1', 'NOASSERTION', undefined],
      ['pkg:conda/tostring@1', 'NOASSERTION', undefined],
      ['pkg:npm/a@1.0.0', 'NOASSERTION', ['pkg:npm/constructor@1.0.0', 'pkg:npm/good@1.0.0']],
      ['pkg:npm/constructor@1.0.0', 'NOASSERTION', undefined],
      ['pkg:npm/good@1.0.0', 'NOASSERTION', undefined],
      ['pkg:nuget/toString@1.0.0', 'NOASSERTION', undefined],
    ])
    expect(Object.keys(Object.prototype)).toEqual([])
  })

  it('looks up no more needs than a package can have', async () => {
    const names = Array.from({ length: 50_000 }, (_, index) => [`n${index}`, '1'])
    const { packages } = await createInventory(
      imageOf({
        ...good,
        [manifest]: JSON.stringify({
          name: 'a',
          version: '1.0.0',
          dependencies: { good: '1', ...Object.fromEntries(names) },
        }),
      }),
    )
    expect(packages[0]!.dependsOn).toEqual(['pkg:npm/good@1.0.0'])
  })

  it.each<[string, Files]>([
    [
      'Composer',
      {
        [installed]: JSON.stringify(
          Array.from({ length: 200_001 }, (_, index) => ({ name: `acme/p${index}`, version: '1' })),
        ),
      },
    ],
    [
      '.NET',
      {
        [deps]: JSON.stringify({
          libraries: Object.fromEntries(
            Array.from({ length: 200_001 }, (_, index) => [`P${index}/1.0.0`, { type: 'package' }]),
          ),
        }),
      },
    ],
  ])('refuses more packages than an image can have in one list of %s', async (_title, files) => {
    const error: unknown = await createInventory(imageOf(files)).catch((reason: unknown) => reason)
    expect(isSallyportError(error) && error.code).toBe('LIMIT_EXCEEDED')
  })
})
