import { describe, expect, it } from 'vitest'
import { createInventory } from './create-inventory.ts'
import { goProgram } from './golang/build-info.fixture.ts'
import { type Files, imageOf } from './image.fixture.ts'
import { zipOf } from './internal/archive.fixture.ts'

const program = goProgram('go1.26.8', ['path\texample.org/app', 'mod\texample.org/app\tv1.2.3\t'])
const metadata = 'Metadata-Version: 2.1\nName: x\nVersion: 2\n'
const jar = zipOf([{ name: 'META-INF/MANIFEST.MF', content: 'Implementation-Version: 1\n' }])
const gapsOf = async (files: Files) => {
  const { gaps } = await createInventory(imageOf(files))
  return gaps.flatMap(({ code, path }) => (code === 'UNSUPPORTED' ? [path] : []))
}

describe('findUnreadLinks', () => {
  it.each<[string, Files, string]>([
    ['a Java archive', { '/app/a.jar': { link: '/data/1' }, '/data/1': jar }, '/app/a.jar'],
    [
      'the manifest of an npm package',
      {
        '/app/node_modules/a/package.json': { link: '/data/1' },
        '/data/1': '{"name":"a","version":"1.0.0"}',
      },
      '/app/node_modules/a/package.json',
    ],
    [
      'the metadata of a Python distribution',
      { '/usr/lib/python3/x.dist-info/METADATA': { link: '/data/1' }, '/data/1': metadata },
      '/usr/lib/python3/x.dist-info/METADATA',
    ],
    [
      'a folder with the metadata of a Python distribution',
      { '/usr/lib/python3/x.dist-info': { link: '/data/x' }, '/data/x/METADATA': metadata },
      '/usr/lib/python3/x.dist-info/METADATA',
    ],
    [
      'the runtime Node.js',
      { '/usr/local/bin/node': { link: '/data/1' }, '/data/1': Buffer.alloc(70_000) },
      '/usr/local/bin/node',
    ],
  ])('tells that only a link names %s', async (_title, files, path) => {
    expect(await gapsOf(files)).toEqual([path])
  })

  it.each<[string, Files]>([
    [
      'was read by another name',
      { '/app/a.so': { link: '/app/a.so.1' }, '/app/a.so.1': program, '/app/run': { link: 'a.so.1' } },
    ],
    [
      'lies in a folder that was read by another name',
      { '/app/y.dist-info': { link: 'x.dist-info' }, '/app/x.dist-info/METADATA': metadata },
    ],
    ['is not there', { '/app/a.jar': { link: '/data/1' }, '/etc/other': '' }],
    [
      'is of a system package',
      {
        '/var/lib/dpkg/status':
          'Package: tool\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n',
        '/var/lib/dpkg/info/tool.list': '/data/1\n',
        '/app/a.jar': { link: '/data/1' },
        '/data/1': jar,
      },
    ],
  ])('tells nothing of what %s', async (_title, files) => {
    expect(await gapsOf(files)).toEqual([])
  })
})

describe('findStrayDatabases', () => {
  it.each([
    '/rootfs/var/lib/dpkg/status',
    '/opt/dpkg/status.d/base',
    '/srv/alpine/lib/apk/db/installed',
    '/data/rpmdb.sqlite',
    '/opt/root/var/lib/rpm/Packages',
  ])('tells that a database at %s is not read', async (path) => {
    expect(await gapsOf({ [path]: 'Package: tool\n' })).toEqual([path])
  })

  it.each(['/var/lib/dpkg/status', '/usr/lib/sysimage/rpm-ostree-base-db/rpmdb.sqlite'])(
    'tells nothing of %s',
    async (path) => {
      expect(await gapsOf({ [path]: 'Package: tool\n' })).toEqual([])
    },
  )
})
