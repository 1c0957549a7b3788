import { describe, expect, it } from 'vitest'
import { listPackages } from '../list-packages.fixture.ts'

describe('packages of conda', () => {
  it('have their own type, and pip its own beside them', async () => {
    const packages = await listPackages({
      '/opt/conda/envs/x/conda-meta/history': '==> 2026',
      '/opt/conda/envs/x/conda-meta/a-1.0-h1_0.json': JSON.stringify({
        name: 'a',
        version: '1.0',
        build: 'h1_0',
        channel: 'https://conda.anaconda.org/t/tk-secret/conda-forge/linux-64',
        subdir: 'linux-64',
        fn: 'a-1.0-h1_0.conda',
        license: 'MIT',
        sha256: 'ab'.repeat(32),
        depends: ['b >=2,<3', 'python', '__glibc >=2.17'],
        files: ['lib/a.so', 'lib/gone.so', '../../../../etc/passwd'],
      }),
      '/opt/conda/envs/x/conda-meta/b-2.0-0.json': JSON.stringify({ name: 'b', version: '2.0' }),
      '/opt/conda/envs/x/lib/a.so': '',
      '/etc/passwd': '',
      '/opt/conda/envs/x/lib/python3.12/site-packages/c-1.dist-info/METADATA': 'Name: c\nVersion: 1\n',
    })
    expect(packages).toMatchObject([
      {
        purl: 'pkg:conda/a@1.0?build=h1_0&channel=conda-forge&subdir=linux-64&type=conda',
        license: 'MIT',
        checksums: [{ algorithm: 'sha256', value: 'ab'.repeat(32) }],
        dependsOn: ['pkg:conda/b@2.0'],
        files: ['/opt/conda/envs/x/conda-meta/a-1.0-h1_0.json', '/opt/conda/envs/x/lib/a.so'],
      },
      { purl: 'pkg:conda/b@2.0' },
      { purl: 'pkg:pypi/c@1' },
    ])
  })
})
