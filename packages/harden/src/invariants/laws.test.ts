import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeTarHeader, openImage } from '@sallyport/image'
import { createInventory } from '@sallyport/inventory'
import { createImage, type FileDescription, type ImageDescription } from '@sallyport/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  debianImage,
  type DescribedDebian,
  executable,
  libraries,
  program,
} from '../breakages/debian-image.fixture.ts'
import { buildElf } from '../elf/elf.fixture.ts'
import { headerOf, sqliteDb } from '../systems/rpm/rpm.fixture.ts'
import { checkInvariants, type CheckInvariantsOptions } from './check-invariants.ts'
import { type ComparedFinding, compareFindings } from './compare-findings.ts'
import { planImage } from './planned-image.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'laws-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

type Source = ReturnType<typeof createImage>

/** The laws that do not hold between two images, with their samples in words. */
async function brokenBetween(
  before: Source,
  after: Source,
  options?: CheckInvariantsOptions,
): Promise<Readonly<Record<string, readonly string[]>>> {
  await using image = await openImage(before, before.raw, { directory })
  await using other = await openImage(after, after.raw, { directory })
  const report = await checkInvariants(
    { image, inventory: await createInventory(image) },
    { image: other, inventory: await createInventory(other) },
    options,
  )
  const broken = report.laws.filter(({ holds }) => !holds)
  expect(report.holds).toBe(broken.length === 0)
  return Object.fromEntries(broken.map(({ id, samples }) => [id, samples.map(({ what }) => what)]))
}

const config = { Entrypoint: ['server'], User: 'www-data' }
const data = { files: { '/usr/share/data/x': 'data' } }
const described: DescribedDebian = {
  packages: {
    server: {
      files: { '/usr/sbin/server': program({ needed: ['libown.so.1'], imports: ['popen'] }) },
      fields: 'Depends: libc6, data\n',
    },
    libown1: { files: { [`${libraries}/libown.so.1`]: buildElf({ soname: 'libown.so.1' }) } },
    data,
  },
  unowned: {
    '/app/run': executable('#!/usr/bin/env tool\n'),
    '/usr/bin/tool': executable(buildElf()),
    '/app/link': { symlink: '/usr/share/data/x' },
    '/app/text': { content: 'text', mode: 0o640, uid: 33, gid: 33, mtime: 1234 },
  },
  config,
}
const changed = (more: Partial<DescribedDebian>): Source =>
  debianImage({
    ...described,
    ...more,
    packages: { ...described.packages, ...more.packages },
    unowned: { ...described.unowned, ...more.unowned },
  })
const onTop = (files: Record<string, FileDescription>): Source => changed({ layers: [{ files }] })
const hiding = (...whiteouts: string[]): Source => changed({ layers: [{ whiteouts }] })
const purl = (name: string) => `pkg:deb/debian/${name}@1?arch=amd64&distro=debian-12`

const tampered: readonly (readonly [
  what: string,
  law: string,
  after: () => Source,
  options?: CheckInvariantsOptions,
])[] = [
  ['a link leads nowhere', 'I1', () => hiding('/usr/share/data/x')],
  ['a library is gone', 'I2', () => hiding(`${libraries}/libown.so.1`)],
  ['the dynamic linker is gone', 'I2', () => hiding(`${libraries}/ld-linux-x86-64.so.2`)],
  ['the interpreter of a script is gone', 'I3', () => hiding('/usr/bin/tool')],
  ['the entry point is gone', 'I3-commands', () => hiding('/usr/sbin/server')],
  ['a program that starts a shell has none', 'I4', () => hiding('/usr/bin/sh')],
  [
    'a package that another one depends on is gone',
    'I5',
    () => changed({ packages: { data: { files: {} } }, layers: [{ files: withoutStanza('data') }] }),
  ],
  ['a file is gone that a package lists', 'I6', () => hiding('/usr/bin/unused')],
  ['a file has another sum than its package says', 'I6', () => onTop({ '/usr/share/data/x': 'other' })],
  ['sums of a package are gone', 'I6', () => hiding('/var/lib/dpkg/info/data.md5sums')],
  ['a file that nobody owns has other content', 'I7', () => onTop({ '/app/text': 'text, and more' })],
  ['a path is new', 'I7', () => onTop({ '/app/new': 'x' })],
  [
    'a file is a folder now',
    'I7',
    () =>
      changed({
        layers: [
          { whiteouts: ['/app/text'] },
          { files: { '/app/text': { directory: true, mode: 0o755, mtime: 1234 } } },
        ],
      }),
  ],
  [
    'a file has another mode',
    'I8',
    () => onTop({ '/app/text': { content: 'text', mode: 0o644, uid: 33, gid: 33, mtime: 1234 } }),
  ],
  [
    'a file has another owner',
    'I8',
    () => onTop({ '/app/text': { content: 'text', mode: 0o640, uid: 0, gid: 33, mtime: 1234 } }),
  ],
  [
    'a file has another time',
    'I8',
    () => onTop({ '/app/text': { content: 'text', mode: 0o640, uid: 33, gid: 33, mtime: 1 } }),
  ],
  [
    'a file has an attribute more',
    'I8',
    () =>
      onTop({
        '/app/text': {
          content: 'text',
          mode: 0o640,
          uid: 33,
          gid: 33,
          mtime: 1234,
          xattrs: { 'security.capability': 'x' },
        },
      }),
  ],
  ['a link leads elsewhere', 'I8', () => onTop({ '/app/link': { symlink: '/app/text' } })],
  [
    'scanners do not see a package that was to stay',
    'I9',
    () => onTop(withoutStanza('libown1')),
    { removed: [] },
  ],
  [
    'scanners see a package that was to leave',
    'I9',
    () => debianImage(described),
    { removed: [{ purl: purl('unused') }] },
  ],
  [
    'the distribution is another',
    'I9',
    () => onTop({ '/usr/lib/os-release': 'ID=debian\nVERSION_ID="13"\n' }),
  ],
  [
    'a version is another one with the same files',
    'I9',
    () =>
      onTop({
        '/var/lib/dpkg/status': statusOf(described).replace(/(Package: data\n(?:.*\n)*?Version: )1/, '$12'),
      }),
  ],
  ['a later layer only hides what left', 'I11', () => hiding('/usr/bin/unused', '/usr/share/unused/data')],
  [
    'a later layer only hides old bytes',
    'I11',
    () => onTop({ '/app/text': 'x' }),
    { changedPaths: ['/app/text'] },
  ],
  [
    'the image can be hardened again',
    'I12',
    () => debianImage(described),
    { again: [{ purl: purl('unused') }] },
  ],
  ['another program is started', 'I13', () => changed({ config: { ...config, Entrypoint: ['unused'] } })],
  ['another user runs it', 'I13', () => changed({ config: { ...config, User: '0' } })],
  [
    'the user has no account any more',
    'I13',
    () => onTop({ '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\n' }),
    { changedPaths: ['/etc/passwd'] },
  ],
  [
    '/tmp is not for everybody any more',
    'I13',
    () => onTop({ '/tmp': { directory: true, mode: 0o755 } }),
    { exceptions: ['/tmp'] },
  ],
  [
    'a finding is new',
    'I10',
    () => debianImage(described),
    { findings: { control: [], after: [finding()] } },
  ],
]

function statusOf({ packages }: DescribedDebian, without?: string): string {
  return ['base-files', 'libc6', 'dash', 'unused', ...Object.keys(packages)]
    .filter((name) => name !== without)
    .map((name) => {
      const fields =
        packages[name]?.fields ?? (name === 'dash' || name === 'unused' ? 'Depends: libc6\n' : '')
      return `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n${fields}Description: ${name}\n`
    })
    .join('\n')
}
function withoutStanza(name: string): Record<string, FileDescription> {
  return { '/var/lib/dpkg/status': statusOf(described, name) }
}

function finding(more: Partial<ComparedFinding> = {}): ComparedFinding {
  return {
    id: 'CVE-2026-1',
    aliases: [],
    package: { type: 'deb', name: 'data', path: '/var/lib/dpkg/status', purl: purl('data') },
    ...more,
  }
}

describe('checkInvariants', () => {
  it('finds nothing between an image and itself, and says what it did not check', async () => {
    expect(await brokenBetween(debianImage(described), debianImage(described))).toEqual({})
  })

  it.each(tampered.map(([what, law, after, options = {}]) => [what, law, after, options] as const))(
    'tells that %s, by %s',
    async (_what, law, after, options) => {
      const broken = await brokenBetween(debianImage(described), after(), options)
      expect(Object.keys(broken)).toContain(law)
      expect(broken[law]![0]).not.toBe('')
    },
  )
})

describe('I9, of versions', () => {
  const upgraded = (source: string, content: FileDescription): Source =>
    onTop({
      '/var/lib/dpkg/status': statusOf(described).replaceAll(
        /(Package: (?:data|libown1)\n)((?:.*\n)*?Version: )1/g,
        `$1Source: ${source}\n$22`,
      ),
      [`${libraries}/libown.so.1`]: content,
    })
  const renewed = buildElf({ soname: 'libown.so.1', data: 'new' })
  it('takes a package in which nothing differs, beside another one of its source', async () => {
    expect((await brokenBetween(debianImage(described), upgraded('own', renewed))).I9).toBeUndefined()
    const same = buildElf({ soname: 'libown.so.1' })
    expect((await brokenBetween(debianImage(described), upgraded('own', same))).I9).toHaveLength(2)
  })
})

describe('I2, of symbol versions', () => {
  const image = (provides: readonly string[], needs: readonly string[]): Source =>
    debianImage({
      packages: {
        libown1: {
          files: {
            [`${libraries}/libown.so.1`]: buildElf({
              soname: 'libown.so.1',
              provides: ['libown.so.1', ...provides],
            }),
          },
        },
      },
      unowned: { '/app': program({ needed: ['libown.so.1'], needs: { 'libown.so.1': needs } }) },
      config: { Entrypoint: ['/app'] },
    })
  it.each([
    ['loses a version that is asked for', ['OWN_1', 'OWN_2'], ['OWN_1'], ['OWN_2'], true],
    ['loses a version that nobody asks for', ['OWN_1', 'OWN_2'], ['OWN_2'], ['OWN_2'], false],
    ['gains a version', ['OWN_1'], ['OWN_1', 'OWN_2'], ['OWN_1'], false],
    ['never had the version', ['OWN_1'], ['OWN_3'], ['OWN_2'], false],
  ])('a library that %s', async (_what, before, after, needs, isBroken) => {
    const broken = await brokenBetween(image(before, needs), image(after, needs))
    expect(broken.I2 ?? []).toEqual(isBroken ? ['/app needs OWN_2 of libown.so.1'] : [])
  })
})

describe('I6, of recorded sums', () => {
  const sha1 = (text: string) => createHash('sha1').update(text).digest('base64')
  const sha256 = (text: string) => createHash('sha256').update(text).digest('base64url')
  const alpine = (content: string): ImageDescription => ({
    layers: [
      {
        files: {
          '/etc/os-release': 'ID=alpine\nVERSION_ID=3.20.0\n',
          '/lib/apk/db/installed': `P:tool\nV:1-r0\nA:x86_64\nF:usr/bin\nR:tool\nZ:Q1${sha1('tool')}\n\n`,
          '/usr/bin/tool': executable(content),
        },
      },
    ],
    config: { Entrypoint: ['/usr/bin/tool'] },
  })
  const site = '/usr/local/lib/python3.13/site-packages'
  const python = (content: string): ImageDescription => ({
    layers: [
      {
        files: {
          [`${site}/own/__init__.py`]: content,
          [`${site}/own-1.0.dist-info/METADATA`]: 'Metadata-Version: 2.1\nName: own\nVersion: 1.0\n',
          [`${site}/own-1.0.dist-info/RECORD`]: `own/__init__.py,sha256=${sha256('tool')},4\nown-1.0.dist-info/RECORD,,\n`,
          '/usr/bin/tool': executable('x'),
        },
      },
    ],
    config: { Entrypoint: ['/usr/bin/tool'] },
  })
  const fedora = (content: string): ImageDescription => ({
    layers: [
      {
        files: {
          '/etc/os-release': 'ID=fedora\nVERSION_ID=41\n',
          '/var/lib/rpm/rpmdb.sqlite': sqliteDb([
            headerOf('tool', {
              files: ['/usr/bin/tool'],
              digests: { '/usr/bin/tool': createHash('sha256').update('tool').digest('hex') },
            }),
          ]),
          '/usr/bin/tool': executable(content),
        },
      },
    ],
    config: { Entrypoint: ['/usr/bin/tool'] },
  })
  it.each([
    ['rpm', fedora, '/usr/bin/tool of tool has another checksum'],
    ['apk', alpine, '/usr/bin/tool of tool has another checksum'],
    ['Python', python, `${site}/own/__init__.py of own has another checksum`],
  ])('tells that a file is not what %s says', async (_kind, describe_, message) => {
    const right = createImage(describe_('tool'))
    const wrong = createImage(describe_('fool'))
    expect((await brokenBetween(right, wrong)).I6).toEqual([message])
    // What was wrong before is no break.
    expect((await brokenBetween(wrong, createImage(describe_('cool')))).I6).toBeUndefined()
    expect(await brokenBetween(right, right)).toEqual({})
  })
})

describe('I11, of bytes', () => {
  const padding = Buffer.alloc(256 * 1024, 7)
  const tar = (tail: Uint8Array) => {
    const entry = encodeTarHeader({
      path: 'app',
      type: 'file',
      mode: 0o755,
      uid: 0,
      gid: 0,
      size: 0,
      mtime: 0,
    })
    return Buffer.concat([entry, Buffer.alloc(1024), tail])
  }
  const image = (layers: ImageDescription['layers'] & object): Source =>
    createImage({ layers, config: { Entrypoint: ['/app'] } })
  const before = image([{ files: { '/app': executable(''), '/gone': padding } }])

  it.each([
    ['leave', image([{ tar: tar(new Uint8Array(0)) }]), undefined],
    [
      'are still behind the end of the archive',
      image([{ tar: tar(padding) }]),
      /although files of 262144 bytes left/,
    ],
  ])('tells whether the bytes of a file %s', async (_what, after, message) => {
    const { I11 = [] } = await brokenBetween(before, after, { removedPaths: ['/gone'], exceptions: ['/app'] })
    if (message) expect(I11.join()).toMatch(message)
    else expect(I11).toEqual([])
  })
})

describe('compareFindings', () => {
  const known = finding({ aliases: ['GHSA-1'] })
  it.each<[string, ComparedFinding, boolean]>([
    ['the same one', known, true],
    ['one that has its alias for an id', finding({ id: 'GHSA-1' }), true],
    ['one that has its id for an alias', finding({ id: 'X-1', aliases: ['CVE-2026-1'] }), true],
    [
      'the same one in another version',
      finding({ package: { ...known.package, purl: `${purl('data')}-2` } }),
      true,
    ],
    ['another one in the same package', finding({ id: 'CVE-2026-2' }), false],
    ['the same one in another package', finding({ package: { ...known.package, name: 'other' } }), false],
    [
      'the same one in a package of another kind',
      finding({ package: { ...known.package, type: 'npm' } }),
      false,
    ],
  ])('lets %s be: %#', (_what, found, isKnown) => {
    expect(compareFindings([known], [found])).toHaveLength(isKnown ? 0 : 1)
    expect(compareFindings([known], [])).toEqual([])
  })
})

describe('planImage', () => {
  it('shows what an edit adds, changes and takes away, as the image will be', async () => {
    const source = debianImage(described)
    await using image = await openImage(source, source.raw, { directory })
    const bytes = Buffer.from('added')
    const owner = { mode: 0o600, uid: 5, gid: 6, mtime: 7 }
    async function* stream() {
      yield bytes.subarray(0, 2)
      yield bytes.subarray(2)
    }
    const planned = planImage(image, {
      remove: new Set(['/app/text', '/app/run']),
      replace: new Map([['/etc/passwd', Buffer.from('root:x:0:0::/:\n')]]),
      add: new Map([
        ['/app/text', { type: 'file', content: bytes, ...owner }],
        ['/opt', { type: 'directory', ...owner }],
        ['/opt/stream', { type: 'file', content: { size: 5, open: stream }, ...owner }],
        ['/opt/hard', { type: 'hardlink', linkTo: '/opt/stream' }],
        ['/opt/soft', { type: 'symlink', linkTarget: 'stream', uid: 0, gid: 0, mtime: 1 }],
      ]),
      attributes: new Map([['/usr/bin/tool', { mode: 0o700 }]]),
      config: (given) => ({ ...given, config: { ...given.config, User: '65532' } }),
    })
    const { tree } = planned
    const read = async (path: string) => Buffer.from(await planned.readFile(tree.resolve(path)!)).toString()
    expect(tree.get('/app/run')).toBeUndefined()
    expect(tree.get('/app/text')).toMatchObject({ ...owner, size: 5, type: 'file' })
    expect(await Promise.all(['/app/text', '/opt/stream', '/opt/hard', '/opt/soft'].map(read))).toEqual(
      Array.from({ length: 4 }, () => 'added'),
    )
    const part = await planned.readRange(tree.get('/opt/stream')!, { offset: 1, length: 3 })
    expect(Buffer.from(part).toString()).toBe('dde')
    expect(await read('/etc/passwd')).toBe('root:x:0:0::/:\n')
    expect(tree.get('/usr/bin/tool')).toMatchObject({ mode: 0o700, uid: 0 })
    expect(tree.children('/opt').map(({ path }) => path)).toEqual(['/opt/stream', '/opt/hard', '/opt/soft'])
    expect(tree.canonicalize('/opt/soft/x')).toBe('/opt/stream/x')
    expect(tree.size).toBe([...image.tree.entries()].length + 3)
    expect(planned.config.config?.User).toBe('65532')
    expect(image.config.config?.User).toBe('www-data')
  })
})
