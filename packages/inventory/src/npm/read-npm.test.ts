import { describe, expect, it } from 'vitest'
import { createInventory } from '../create-inventory.ts'
import { type Files, imageOf } from '../image.fixture.ts'
import { listPackages } from '../list-packages.fixture.ts'

const manifest = (name: string, version: string, more: object = {}) =>
  JSON.stringify({ name, version, ...more })

describe('npm packages', () => {
  it("are one each in pnpm's store, and need what Node would load", async () => {
    const store = '/app/node_modules/.pnpm'
    const packages = await listPackages({
      '/app/package.json': manifest('app', '1.0.0', { dependencies: { a: '^1' } }),
      '/app/node_modules/a': { link: '.pnpm/a@1.0.0/node_modules/a' },
      [`${store}/a@1.0.0/node_modules/a/package.json`]: manifest('a', '1.0.0', {
        dependencies: { '@s/b': '*', missing: '*' },
        peerDependencies: { c: '*' },
      }),
      [`${store}/a@1.0.0/node_modules/@s/b`]: { link: '../../../@s+b@2.0.0/node_modules/@s/b' },
      [`${store}/@s+b@2.0.0/node_modules/@s/b/package.json`]: manifest('@s/b', '2.0.0'),
      [`${store}/c@3.0.0/node_modules/c/package.json`]: manifest('c', '3.0.0'),
      '/app/node_modules/c': { link: '.pnpm/c@3.0.0/node_modules/c' },
    })
    expect(packages.map(({ purl, dependsOn }) => [purl, dependsOn])).toEqual([
      ['pkg:npm/%40s/b@2.0.0', undefined],
      ['pkg:npm/a@1.0.0', ['pkg:npm/%40s/b@2.0.0', 'pkg:npm/c@3.0.0']],
      ['pkg:npm/app@1.0.0', ['pkg:npm/a@1.0.0']],
      ['pkg:npm/c@3.0.0', undefined],
    ])
  })

  it('have the checksums that npm noted, when it noted the same version', async () => {
    const integrity = `sha512-${Buffer.alloc(64, 7).toString('base64')}`
    const packages = await listPackages({
      '/app/node_modules/.package-lock.json': JSON.stringify({
        packages: {
          'node_modules/a': { version: '1.0.0', integrity },
          'node_modules/b': { version: '9.0.0', integrity },
          'node_modules/gone': { version: '1.0.0', integrity },
        },
      }),
      '/app/node_modules/a/package.json': manifest('a', '1.0.0'),
      '/app/node_modules/b/package.json': manifest('b', '1.0.0'),
    })
    expect(packages.map(({ name, checksums }) => [name, checksums])).toEqual([
      ['a', [{ algorithm: 'sha512', value: '07'.repeat(64) }]],
      ['b', undefined],
    ])
  })

  it.each<[string, Files, readonly string[]]>([
    [
      'of Debian, which lie on their own',
      { '/usr/share/nodejs/@types/a/package.json': manifest('@types/a', '1.0.0') },
      ['pkg:npm/%40types/a@1.0.0'],
    ],
    [
      'of a workspace, linked from where they are used',
      {
        '/app/package.json': '{"private":true}',
        '/app/packages/impl/package.json': manifest('a', '1.0.0'),
        '/app/node_modules/a': { link: '../packages/impl' },
      },
      ['pkg:npm/a@1.0.0'],
    ],
    [
      'that another brings along in a folder of their name',
      {
        '/app/node_modules/next/package.json': manifest('next', '14.0.0'),
        '/app/node_modules/next/dist/compiled/@babel/runtime/package.json': manifest(
          '@babel/runtime',
          '7.0.0',
        ),
        '/app/node_modules/next/dist/package.json': manifest('next', '14.0.0'),
        '/app/node_modules/next/test/fixtures/lodash/package.json': manifest('lodash', '1.0.0'),
      },
      ['pkg:npm/%40babel/runtime@7.0.0', 'pkg:npm/next@14.0.0'],
    ],
    [
      'and no template outside of node_modules',
      {
        '/app/package.json': manifest('app', '1.0.0'),
        '/usr/share/new-app/package.json': manifest('{{ name }}', '1.0.0'),
      },
      ['pkg:npm/app@1.0.0'],
    ],
    [
      'and none that only a lock file names',
      {
        '/app/package.json': manifest('app', '1.0.0'),
        '/app/package-lock.json': JSON.stringify({ packages: { 'node_modules/a': { version: '1.0.0' } } }),
      },
      ['pkg:npm/app@1.0.0'],
    ],
    [
      'in a folder that node_modules is a link to',
      {
        '/app/package.json': manifest('app', '1.0.0'),
        '/app/node_modules': { link: '.libraries' },
        '/app/.libraries/a/package.json': manifest('a', '1.0.0'),
        '/app/.libraries/@s/b/package.json': manifest('@s/b', '1.0.0'),
        '/app/.libraries/c': { link: '../.store/1' },
        '/app/.store/1/package.json': manifest('c', '1.0.0'),
      },
      ['pkg:npm/%40s/b@1.0.0', 'pkg:npm/a@1.0.0', 'pkg:npm/app@1.0.0', 'pkg:npm/c@1.0.0'],
    ],
    [
      'in a folder that a scope is a link to',
      {
        '/app/package.json': manifest('app', '1.0.0'),
        '/app/node_modules/@s': { link: '../tests/s' },
        '/app/tests/s/b/package.json': manifest('@s/b', '1.0.0'),
      },
      ['pkg:npm/%40s/b@1.0.0', 'pkg:npm/app@1.0.0'],
    ],
    [
      'whatever links lead to themselves',
      {
        '/app/node_modules/a/package.json': manifest('a', '1.0.0', {
          dependencies: { loop: '*', self: '*' },
        }),
        '/app/node_modules/a/node_modules/self': { link: '..' },
        '/app/node_modules/loop': { link: 'loop' },
        '/app/node_modules/up': { link: '../..' },
      },
      ['pkg:npm/a@1.0.0'],
    ],
  ])('are found: those %s', async (_title, files, purls) => {
    const packages = await listPackages(files)
    expect(packages.map(({ purl }) => purl)).toEqual(purls)
  })

  it.each([
    ['too large', manifest('a', '1.0.0') + ' '.repeat(5 * 1024 * 1024), 1],
    ['too deep', `{"name":"a","version":"1.0.0","x":${'['.repeat(300)}${']'.repeat(300)}}`, 1],
    ['broken, as a sample of tests is', '{"name":', 0],
  ])('are a gap in another package when their manifest is %s', async (_title, text, count) => {
    const { gaps } = await createInventory(
      imageOf({ '/app/package.json': manifest('app', '1.0.0'), '/app/lib/a/package.json': text }),
    )
    expect(gaps).toHaveLength(count)
  })
})
