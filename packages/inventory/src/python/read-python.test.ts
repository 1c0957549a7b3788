import { describe, expect, it } from 'vitest'
import { createInventory } from '../create-inventory.ts'
import { imageOf } from '../image.fixture.ts'
import { zipOf } from '../internal/archive.fixture.ts'
import { listPackages } from '../list-packages.fixture.ts'

describe('Python distributions', () => {
  const site = '/venv/lib/python3.11/site-packages'

  it('need what they need always, or under a marker that holds', async () => {
    const packages = await listPackages({
      [`${site}/a-1.dist-info/METADATA`]: [
        'Name: A',
        'Version: 1',
        'License: BSD',
        'Classifier: License :: OSI Approved :: ISC License (ISCL)',
        'Requires-Dist: B_b (>=1)',
        'Requires-Dist: c ; python_version < "3.8"',
        'Requires-Dist: d[x]>=1; python_version >= "3.8"',
        'Requires-Dist: e ; extra == "dev"',
        'Requires-Dist: f @ https://example.org/f.whl;x',
        'Requires-Dist: elsewhere',
        '',
      ].join('\n'),
      ...Object.fromEntries(
        ['b.b', 'c', 'd', 'e', 'f'].map((name) => [
          `${site}/${name}-1.dist-info/METADATA`,
          `Name: ${name}\nVersion: 1\n`,
        ]),
      ),
      '/other/site-packages/elsewhere-1.dist-info/METADATA': 'Name: elsewhere\nVersion: 1\n',
    })
    expect(packages[0]).toMatchObject({
      license: 'ISC',
      dependsOn: ['pkg:pypi/b-b@1', 'pkg:pypi/d@1', 'pkg:pypi/f@1'],
    })
  })

  it('tell where they came from, without its secrets', async () => {
    const packages = await listPackages({
      [`${site}/a-1.dist-info/METADATA`]: 'Name: a\nVersion: 1\n',
      [`${site}/a-1.dist-info/direct_url.json`]: JSON.stringify({
        url: 'https://user:secret@example.org/a.git',
        vcs_info: { vcs: 'git', commit_id: 'abc123' },
      }),
      [`${site}/b-1.dist-info/METADATA`]: 'Name: b\nVersion: 1\n',
      [`${site}/b-1.dist-info/direct_url.json`]: JSON.stringify({
        url: 'https://example.org/b.whl',
        archive_info: { hash: `sha256=${'0a'.repeat(32)}`, hashes: { sha256: '0a'.repeat(32) } },
      }),
      [`${site}/__editable__.c-1.pth`]: '/src/c',
      [`${site}/c-1.dist-info/METADATA`]: 'Name: c\nVersion: 1\n',
      [`${site}/c-1.dist-info/direct_url.json`]: '{"url":"file:///src/c","dir_info":{"editable":true}}',
    })
    expect(packages.map(({ purl, checksums }) => [purl, checksums])).toEqual([
      ['pkg:pypi/a@1?vcs_url=git%2Bhttps%3A%2F%2Fexample.org%2Fa.git%40abc123', undefined],
      ['pkg:pypi/b@1', [{ algorithm: 'sha256', value: '0a'.repeat(32) }]],
      ['pkg:pypi/c@1', undefined],
    ])
  })

  it('are read from eggs, as folders and as archives', async () => {
    const packages = await listPackages({
      [`${site}/a-1.egg`]: zipOf([
        { name: 'a.py', content: '' },
        { name: 'EGG-INFO/PKG-INFO', content: 'Name: a\nVersion: 1\n' },
        { name: 'EGG-INFO/requires.txt', content: 'b>=1\n\n[dev]\nc\n[:python_version > "3"]\nd' },
      ]),
      [`${site}/b-1.egg/EGG-INFO/PKG-INFO`]: 'Name: b\nVersion: 1\n',
      [`${site}/c-1.egg-info/PKG-INFO`]: 'Name: c\nVersion: 1\n',
      [`${site}/d-1.egg-info`]: 'Name: d\nVersion: 1\n',
    })
    expect(packages.map(({ purl, evidence, dependsOn }) => [purl, evidence.method, dependsOn])).toEqual([
      ['pkg:pypi/a@1', 'python-egg', ['pkg:pypi/b@1', 'pkg:pypi/d@1']],
      ['pkg:pypi/b@1', 'python-egg-info', undefined],
      ['pkg:pypi/c@1', 'python-egg-info', undefined],
      ['pkg:pypi/d@1', 'python-egg-info', undefined],
    ])
  })

  it('that are developed elsewhere are found there, or leave a gap', async () => {
    const { packages, gaps } = await createInventory(
      imageOf({
        [`${site}/a.egg-link`]: '/src/a\n.',
        '/src/a/a.egg-info/PKG-INFO': 'Name: a\nVersion: 1\n',
        [`${site}/b.egg-link`]: '/src/b\n.',
      }),
    )
    expect(packages.map(({ purl }) => purl)).toEqual(['pkg:pypi/a@1'])
    expect(gaps.map(({ code, path }) => [code, path])).toEqual([['UNREADABLE', `${site}/b.egg-link`]])
  })
})
