import { describe, expect, it } from 'vitest'
import { listPackages } from '../list-packages.fixture.ts'

describe('packages of Composer', () => {
  const alpha = {
    name: 'Acme/Alpha',
    version: 'v1.2.3',
    license: ['MIT', 'GPL-2.0-or-later'],
    dist: { shasum: 'ab'.repeat(20) },
    require: { php: '>=8', 'acme/beta': '^2' },
    'install-path': '../acme/alpha',
  }
  const beta = { name: 'acme/beta', version: '2.5.0', 'install-path': null }

  it.each([
    ['version 2', { packages: [alpha, beta, beta], dev: true }],
    ['version 1', [{ ...alpha, 'install-path': undefined }, beta]],
  ])('are read from the list of %s', async (_title, list) => {
    const packages = await listPackages({
      '/app/vendor/composer/installed.json': JSON.stringify(list),
      '/app/vendor/acme/alpha/src/a.php': '',
      '/app/vendor/autoload.php': '',
    })
    expect(packages).toMatchObject([
      {
        name: 'acme/alpha',
        purl: 'pkg:composer/acme/alpha@v1.2.3',
        license: 'MIT OR GPL-2.0-or-later',
        files: ['/app/vendor/acme/alpha/src/a.php'],
        checksums: [{ algorithm: 'sha1', value: 'ab'.repeat(20) }],
        dependsOn: ['pkg:composer/acme/beta@2.5.0'],
      },
      { name: 'acme/beta', license: 'NOASSERTION', files: [] },
    ])
  })

  it.each(['../../..', '../..', '..', '../../../etc', '/etc', '.'])(
    'own nothing but what is in the project, even if the list says that they lie in %s',
    async (path) => {
      const packages = await listPackages({
        '/app/vendor/composer/installed.json': JSON.stringify([{ ...alpha, 'install-path': path }]),
        '/app/index.php': '',
        '/etc/passwd': '',
      })
      expect(packages[0]!.files).toEqual([])
    },
  )
})
