import { describe, expect, it } from 'vitest'
import { createInventory } from '../create-inventory.ts'
import { type Files, imageOf } from '../image.fixture.ts'
import { zipOf } from '../internal/archive.fixture.ts'
import { listPackages } from '../list-packages.fixture.ts'

const manifest = (name: string, version: string, more: object = {}) =>
  JSON.stringify({ name, version, ...more })

describe("packages of Yarn's Plug'n'Play", () => {
  const cache = '/app/.yarn/cache'
  const location = (name: string) =>
    `./.yarn/cache/${name}-npm-1.0.0-0123456789-abcdef0123.zip/node_modules/${name}/`
  const plug = (name: string, reference: string, packageLocation: string, ...needs: unknown[]) => [
    name,
    [[reference, { packageLocation, packageDependencies: [[name, reference], ...needs], linkType: 'HARD' }]],
  ]
  const files: Files = {
    '/app/package.json': manifest('app', '1.0.0'),
    '/app/.pnp.data.json': JSON.stringify({
      packageRegistryData: [
        plug('app', 'workspace:.', './', ['a', 'npm:1.0.0']),
        plug('a', 'npm:1.0.0', location('a'), ['b', 'npm:1.0.0']),
        plug('b', 'npm:1.0.0', location('b')),
        plug('native', 'npm:1.0.0', './.yarn/unplugged/native-npm-1.0.0-1/node_modules/native/'),
      ],
    }),
    '/app/.pnp.cjs': 'loads .pnp.data.json',
    '/app/.yarn/unplugged/native-npm-1.0.0-1/node_modules/native/package.json': manifest('native', '1.0.0'),
    [`${cache}/a-npm-1.0.0-0123456789-abcdef0123.zip`]: zipOf([
      { name: 'node_modules/a/node_modules/inner/package.json', content: manifest('inner', '3.0.0') },
      { name: 'node_modules/a/package.json', content: manifest('a', '1.0.0', { license: 'MIT' }) },
      { name: 'node_modules/a/test/package.json', content: manifest('sample', '1.0.0') },
    ]),
    [`${cache}/b-npm-1.0.0-0123456789-abcdef0123.zip`]: zipOf([
      { name: 'node_modules/b/package.json', content: manifest('b', '1.0.0') },
    ]),
    [`${cache}/old-npm-1.0.0-0123456789-abcdef0123.zip`]: zipOf([
      { name: 'node_modules/old/package.json', content: manifest('old', '1.0.0') },
    ]),
  }

  it('are those whose archives are there and are named', async () => {
    const packages = await listPackages(files)
    expect(packages.map(({ purl, license, dependsOn }) => [purl, license, dependsOn])).toEqual([
      ['pkg:npm/a@1.0.0', 'MIT', ['pkg:npm/b@1.0.0']],
      ['pkg:npm/app@1.0.0', 'NOASSERTION', undefined],
      ['pkg:npm/b@1.0.0', 'NOASSERTION', undefined],
      ['pkg:npm/inner@3.0.0', 'NOASSERTION', undefined],
      ['pkg:npm/native@1.0.0', 'NOASSERTION', undefined],
    ])
    expect(packages[0]!.evidence).toMatchObject({
      path: `${cache}/a-npm-1.0.0-0123456789-abcdef0123.zip`,
      method: 'yarn-plug-n-play',
    })
  })

  it.each<[string, Files, string]>([
    [
      'archives that are not there',
      Object.fromEntries(Object.entries(files).filter(([path]) => !path.includes('/b-npm'))),
      '/app/.pnp.data.json',
    ],
    [
      'an archive that is none',
      { ...files, [`${cache}/b-npm-1.0.0-0123456789-abcdef0123.zip`]: 'PK' },
      `${cache}/b-npm-1.0.0-0123456789-abcdef0123.zip`,
    ],
    [
      'an archive without a package',
      { ...files, [`${cache}/b-npm-1.0.0-0123456789-abcdef0123.zip`]: zipOf([]) },
      `${cache}/b-npm-1.0.0-0123456789-abcdef0123.zip`,
    ],
    [
      'an archive that unpacks to more than it tells',
      {
        ...files,
        [`${cache}/b-npm-1.0.0-0123456789-abcdef0123.zip`]: zipOf([
          { name: 'node_modules/b/package.json', content: ' '.repeat(5_000_000), toldSize: 30 },
        ]),
      },
      `${cache}/b-npm-1.0.0-0123456789-abcdef0123.zip`,
    ],
    [
      'data that is none',
      { ...files, '/app/.pnp.data.json': '{"packageRegistryData":7}' },
      '/app/.pnp.data.json',
    ],
  ])('leave a gap for %s', async (_title, changed, path) => {
    const { packages, gaps } = await createInventory(imageOf(changed))
    expect(gaps.map((gap) => [gap.code, gap.path])).toEqual([['UNREADABLE', path]])
    expect(packages.map(({ name }) => name)).not.toContain('b')
  })
})
