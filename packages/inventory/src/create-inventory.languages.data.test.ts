import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createInventory } from './create-inventory.ts'
import { imageOf } from './image.fixture.ts'

const databases = join(import.meta.dirname, '../../../../shared/data/scan/pkgdb')
const site = '/usr/lib/python3.9/site-packages'

async function read(source: string, path: string): Promise<readonly (readonly [string, string])[]> {
  const { packages } = await createInventory(imageOf({ [path]: readFileSync(join(databases, source)) }))
  return packages.map(({ purl, license }) => [purl, license ?? ''])
}

describe.skipIf(!existsSync(databases))(
  'createInventory on recorded files of languages (skipped without ../shared/data)',
  () => {
    it.each<[string, string, string, string]>([
      ['scalibr/lang/python/wheelegg/distinfo_meta', `${site}/a.dist-info/METADATA`, 'pip@22.2.2', 'MIT'],
      ['scalibr/lang/python/wheelegg/egginfo', `${site}/a.egg-info`, 'pycups@2.0.1', 'NOASSERTION'],
      [
        'scalibr/lang/python/wheelegg/egginfo_pkginfo',
        `${site}/a.egg-info/PKG-INFO`,
        'setuptools@57.4.0',
        'MIT',
      ],
      ['scalibr/lang/python/wheelegg/pkginfo', `${site}/a.egg/EGG-INFO/PKG-INFO`, 'httplib2@0.20.4', 'MIT'],
      [
        'scalibr/lang/python/wheelegg/malformed_pkginfo',
        `${site}/a.egg-info/PKG-INFO`,
        'passlib@1.7.4',
        'NOASSERTION',
      ],
      [
        'scalibr/lang/python/wheelegg/mixed_case',
        `${site}/a.dist-info/METADATA`,
        'httplib2@1.0',
        'NOASSERTION',
      ],
      [
        'scalibr/lang/python/wheelegg/pyopenssl-26.0.0.dist-info',
        `${site}/a.dist-info/METADATA`,
        'pyopenssl@26.0.0',
        'NOASSERTION',
      ],
      [
        'scalibr/lang/python/wheelegg/repeated_pkginfo',
        `${site}/a.egg-info/PKG-INFO`,
        'root@1.0.0',
        'NOASSERTION',
      ],
      [
        'scalibr/lang/python/wheelegg/special_chars',
        `${site}/a.dist-info/METADATA`,
        'backports-ssl-match-hostname@3.5.0.1',
        'NOASSERTION',
      ],
    ])('reads %s as %s', async (source, path, name, license) => {
      expect(await read(source, path)).toEqual([[`pkg:pypi/${name}`, license]])
    })

    it('reads a record of conda', async () => {
      expect(await read('scalibr/lang/python/condameta/valid', '/opt/conda/conda-meta/a.json')).toEqual([
        ['pkg:conda/jupyterlab@3.1.12?channel=main&subdir=linux-64', 'BSD-3-Clause'],
      ])
    })

    it.each<[string, string, readonly string[]]>([
      ['trivy/deps-json/happy', 'ExampleApp1', ['ExampleApp1@1.0.0', 'Newtonsoft.Json@13.0.1']],
      ['trivy/deps-json/missing-target', 'ExampleApp1', ['ExampleApp1@1.0.0', 'Newtonsoft.Json@13.0.1']],
      // Projects that the app refers to are its own code.
      ['trivy/deps-json/multi-project', 'Web', ['Newtonsoft.Json@13.0.3', 'Web@1.0.0']],
      ['trivy/deps-json/ambiguous-root', 'other', ['Newtonsoft.Json@13.0.3']],
      [
        'trivy/deps-json/self-contained',
        'ExampleApp1',
        [
          'ExampleApp1@1.0.0',
          'Microsoft.AspNetCore.App.Runtime.linux-x64@8.0.0',
          'Microsoft.NETCore.App.Runtime.linux-x64@8.0.0',
          'Newtonsoft.Json@13.0.1',
        ],
      ],
      [
        'trivy/deps-json/without-runtime',
        'hello2',
        ['JsonDiffPatch@2.0.61', 'Libuv@1.9.1', 'System.Collections.Immutable@1.3.0', 'hello2@1.0.0'],
      ],
      [
        'scalibr/lang/dotnet/depsjson/valid',
        'other',
        ['AWSSDK.Core@3.7.10.6', 'Microsoft.Extensions.DependencyInjection@6.0.0'],
      ],
      ['syft/dotnet/deps-with-referenceassembly/MyApp', 'MyApp', ['MyApp@1.0.0', 'Newtonsoft.Json@13.0.3']],
      [
        'syft/dotnet/dir-example-1/TestLibrary',
        'TestLibrary',
        [
          'AWSSDK.Core@3.7.10.6',
          'Microsoft.Extensions.DependencyInjection@6.0.0',
          'Microsoft.Extensions.DependencyInjection.Abstractions@6.0.0',
          'Microsoft.Extensions.Logging@6.0.0',
          'Microsoft.Extensions.Logging.Abstractions@6.0.0',
          'Microsoft.Extensions.Options@6.0.0',
          'Microsoft.Extensions.Primitives@6.0.0',
          'Newtonsoft.Json@13.0.1',
          'Serilog@2.10.0',
          'Serilog.Sinks.Console@4.0.1',
          'TestLibrary@1.0.0',
        ],
      ],
    ])('reads %s of the app %s', async (source, app, names) => {
      const file = source.startsWith('scalibr') ? source : `${source}.deps.json`
      const found = await read(file, `/app/${app}.deps.json`)
      expect(found.map(([purl]) => purl)).toEqual(names.map((name) => `pkg:nuget/${name}`))
    })

    it.each([
      ['scalibr/lang/python/condameta/invalid', '/opt/conda/conda-meta/a.json'],
      ['scalibr/lang/python/condameta/noname', '/opt/conda/conda-meta/a.json'],
      ['scalibr/lang/python/condameta/noversion', '/opt/conda/conda-meta/a.json'],
      ['scalibr/lang/python/condameta/empty', '/opt/conda/conda-meta/a.json'],
      ['scalibr/lang/python/wheelegg/empty', `${site}/a.dist-info/METADATA`],
      ['scalibr/lang/dotnet/depsjson/invalid', '/app/a.deps.json'],
      ['scalibr/lang/dotnet/depsjson/nopackagename', '/app/a.deps.json'],
      ['trivy/deps-json/invalid.deps.json', '/app/a.deps.json'],
      // It has libraries in its target, and does not say of which kind.
      ['trivy/deps-json/no-libraries.deps.json', '/app/a.deps.json'],
      ['syft/dotnet/glob-paths/src/something.deps.json', '/app/a.deps.json'],
    ])('reports %s', async (source, path) => {
      const { gaps } = await createInventory(imageOf({ [path]: readFileSync(join(databases, source)) }))
      expect(gaps[0]).toMatchObject({ code: 'UNREADABLE', path })
    })
  },
)
