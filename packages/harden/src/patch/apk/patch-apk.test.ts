import { createHash, generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTarWriter, type Image, openImage } from '@sallyport/image'
import { createInventory } from '@sallyport/inventory'
import { createImage, type FileDescription } from '@sallyport/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { memoryMirror, type MirrorFiles, today } from '../mirror.fixture.ts'
import { patchImage, type PatchImageOptions } from '../patch-image.ts'
import { type ApkDescription, buildRepository } from './apk.fixture.ts'
import { readMembers } from './read-members.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
const opened: Image[] = []
let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'patch-apk-test-'))
})
afterEach(async () => {
  for (const image of opened.splice(0)) await image[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

const sum = (text: string) => `Q1${createHash('sha1').update(text).digest('base64')}`
const oldSum = sum('the old tool')
const script = '#!/bin/sh\nexit 0\n'

const installed = [
  `C:${sum('musl')}\nP:musl\nV:1.2.4-r0\nA:x86_64\nS:1\nI:1\nT:libc\np:so:libc.musl-x86_64.so.1=1\nF:lib\nR:libc.so\nZ:${sum('libc')}\n`,
  `C:${oldSum}\nP:tool\nV:1.0-r0\nA:x86_64\nS:1\nI:1\nT:tool\nD:so:libc.musl-x86_64.so.1\nF:etc\nR:same.conf\nZ:${sum('first')}\nR:changed.conf\nZ:${sum('first')}\nF:usr\nF:usr/bin\nR:tool\na:0:0:755\nZ:${sum('old')}\nF:usr/share/old\nR:data\nZ:${sum('data')}\n`,
].join('\n')

function alpine(files: Readonly<Record<string, FileDescription>> = {}) {
  const scripts = createTarWriter()
    .add({ type: 'file', path: `musl-1.2.4-r0.${sum('musl')}.trigger`, mode: 0o755, data: 'musl' })
    .add({ type: 'file', path: `tool-1.0-r0.${oldSum}.post-upgrade`, mode: 0o755, data: script })
  return createImage({
    layers: [
      {
        files: {
          '/etc/os-release': 'ID=alpine\nVERSION_ID=3.20.1\n',
          '/lib/apk/db/installed': `${installed}\n`,
          '/lib/apk/db/scripts.tar': scripts.finish(),
          '/lib/apk/db/triggers': '',
          '/etc/apk/world': 'musl\ntool\n',
          '/lib/libc.so': 'libc',
          '/etc/same.conf': 'first',
          '/etc/changed.conf': 'by the image',
          '/usr/bin/tool': { content: 'old', mode: 0o700 },
          '/usr/share/old/data': 'data',
          ...files,
        },
      },
    ],
  })
}

const newTool: ApkDescription = {
  name: 'tool',
  version: '1.0-r1',
  depends: 'so:libc.musl-x86_64.so.1',
  scripts: { 'post-upgrade': script },
  files: {
    '/etc/same.conf': 'second',
    '/etc/changed.conf': 'second',
    '/usr/bin/tool': { content: 'new', mode: 0o755 },
    '/usr/bin/t': { symlink: 'tool' },
  },
}

async function patch(
  source: ReturnType<typeof createImage>,
  packages: readonly ApkDescription[],
  {
    tamper,
    kind,
    description,
    keys = { 'test.rsa.pub': pem },
    ...options
  }: Partial<Omit<PatchImageOptions, 'sources'>> & {
    readonly tamper?: (files: MirrorFiles) => void
    readonly kind?: 'RSA' | 'RSA256'
    readonly description?: string
    readonly keys?: Readonly<Record<string, string>>
  } = {},
) {
  const files = buildRepository(packages, privateKey, { kind, description })
  tamper?.(files)
  const image = await openImage(source, source.raw, { directory })
  opened.push(image)
  const result = await patchImage(image, await createInventory(image), {
    sources: [{ type: 'apk', mirror: memoryMirror(files), repository: 'v3.20/main', keys }],
    now: today,
    directory,
    ...options,
  })
  if (result.image) opened.push(result.image)
  return result
}

const read = async (image: Image, path: string) => image.readFile(image.tree.get(path)!)
const text = async (image: Image, path: string) => Buffer.from(await read(image, path)).toString()

describe('patchImage on apk', () => {
  it.each(['RSA', 'RSA256'] as const)(
    'writes files and the database as apk does, by an index signed with %s',
    async (kind) => {
      const { image, inventory, report } = await patch(alpine(), [newTool], { kind })
      expect(report.packages).toEqual([
        expect.objectContaining({ name: 'musl', state: 'up-to-date' }),
        expect.objectContaining({
          name: 'tool',
          state: 'patched',
          available: '1.0-r1',
          keptConffiles: ['/etc/changed.conf'],
        }),
      ])
      expect(inventory!.packages.map(({ name, version }) => `${name} ${version}`)).toEqual([
        'musl 1.2.4-r0',
        'tool 1.0-r1',
      ])
      expect(await text(image!, '/usr/bin/tool')).toBe('new')
      expect(image!.tree.get('/usr/bin/tool')!.mode).toBe(0o700)
      expect(await text(image!, '/etc/same.conf')).toBe('second')
      expect(await text(image!, '/etc/changed.conf')).toBe('by the image')
      expect(image!.tree.get('/usr/share/old')).toBeUndefined()
      const [musl, tool, end] = (await text(image!, '/lib/apk/db/installed')).split('\n\n')
      expect(musl).toBe(installed.split('\n\n')[0])
      const lines = tool!.split('\n')
      expect(lines.slice(1, 4)).toEqual(['P:tool', 'V:1.0-r1', 'A:x86_64'])
      expect(lines.slice(lines.indexOf('F:etc'))).toEqual([
        'F:etc',
        'R:same.conf',
        `Z:${sum('second')}`,
        'R:changed.conf',
        `Z:${sum('second')}`,
        'F:usr',
        'F:usr/bin',
        'R:tool',
        'a:0:0:755',
        `Z:${sum('new')}`,
        'R:t',
        'a:0:0:777',
        `Z:${sum('tool')}`,
      ])
      expect(end!.trim()).toBe('')
      const members = await readMembers(await read(image!, '/lib/apk/db/scripts.tar'), 'scripts.tar')
      expect(members.map(({ entry, content }) => [entry.path, Buffer.from(content).toString()])).toEqual([
        [`musl-1.2.4-r0.${sum('musl')}.trigger`, 'musl'],
        [`tool-1.0-r1.${lines[0]!.slice(2)}.post-upgrade`, script],
      ])
    },
  )

  it.each<[string, Partial<ApkDescription>, RegExp, Readonly<Record<string, FileDescription>>?]>([
    [
      'its script differs',
      { scripts: { 'post-upgrade': '#!/bin/sh\nadduser x\n' } },
      /post-upgrade differs: - "exit 0" \+ "adduser x"/,
    ],
    ['it has another script', { scripts: { 'post-upgrade': script, 'pre-upgrade': script } }, /pre-upgrade/],
    ['it watches other folders', { triggers: '/usr/lib' }, /triggers differ/],
    ['it needs a package that is not there', { depends: 'so:libfresh.so.1' }, /it needs so:libfresh\.so\.1/],
    ['it conflicts with a package', { depends: '!musl' }, /conflicts with musl/],
    ['a file of it belongs to another package', { files: { '/lib/libc.so': 'mine' } }, /belongs to musl/],
    [
      "a file of it is the image's own",
      { files: { '/usr/bin/own': 'x' } },
      /\/usr\/bin\/own is new/,
      { '/usr/bin/own': 'y' },
    ],
    [
      'the image fixes its version',
      {},
      /world asks for tool=1\.0-r0/,
      { '/etc/apk/world': 'musl tool=1.0-r0\n' },
    ],
    [
      'another package builds something of what changes',
      {},
      /a script of musl/,
      { '/lib/apk/db/triggers': `${sum('musl')} /usr/bin\n` },
    ],
  ])('refuses an upgrade when %s', async (_title, changes, reason, files = {}) => {
    const { report, image } = await patch(alpine(files), [{ ...newTool, ...changes }])
    expect(image === undefined).toBe(true)
    const tool = report.packages.find(({ name }) => name === 'tool')!
    expect(tool.state).toBe('refused')
    expect(tool.reason).toMatch(reason)
  })

  it('upgrades what has to follow', async () => {
    const musl = {
      name: 'musl',
      version: '1.2.4-r1',
      provides: 'so:libc.musl-x86_64.so.1=2',
      scripts: { trigger: 'musl' },
      files: { '/lib/libc.so': 'new libc' },
    }
    const { report } = await patch(alpine(), [musl, { ...newTool, depends: 'musl>=1.2.4-r1' }], {
      only: ['tool'],
    })
    expect(report.packages.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'musl patched',
      'tool patched',
    ])
  })

  const index = 'v3.20/main/x86_64/APKINDEX.tar.gz'
  const apk = 'v3.20/main/x86_64/tool-1.0-r1.apk'
  const flip = (path: string, at: number) => (files: MirrorFiles) => {
    const bytes = Buffer.from(files.get(path)!)
    bytes[bytes.length + at]! ^= 1
    files.set(path, bytes)
  }
  it.each<[string, Parameters<typeof patch>[2], string]>([
    ['an index with another time', { tamper: flip(index, -200) }, 'ARCHIVE_INVALID'],
    ['an index of an unknown key', { keys: { 'other.rsa.pub': pem } }, 'SIGNATURE_INVALID'],
    [
      'an index that another key signed',
      {
        keys: {
          'test.rsa.pub': generateKeyPairSync('rsa', { modulusLength: 2048 })
            .publicKey.export({ type: 'spki', format: 'pem' })
            .toString(),
        },
      },
      'SIGNATURE_INVALID',
    ],
    ['an index of another release', { description: 'v3.19.4-1-gabc' }, 'INDEX_MISMATCH'],
    ['an older index', { lastSeen: { 'v3.20/main': '2026-02-10T00:00:00Z' } }, 'INDEX_ROLLED_BACK'],
    ['no index', { tamper: (files) => files.delete(index) }, 'MIRROR_FILE_MISSING'],
    [
      'a package with other data',
      { tamper: (files) => files.set(apk, rebuilt({ files: { '/usr/bin/tool': 'evil' } })) },
      'CHECKSUM_MISMATCH',
    ],
    [
      'a cut package',
      { tamper: (files) => files.set(apk, files.get(apk)!.subarray(0, -9)) },
      'CHECKSUM_MISMATCH',
    ],
  ])('refuses %s', async (_title, options, code) => {
    await expect(patch(alpine(), [newTool], options)).rejects.toMatchObject({ name: 'HardenError', code })
  })

  function rebuilt(changes: Partial<ApkDescription>): Uint8Array {
    return buildRepository([{ ...newTool, ...changes }], privateKey).get(apk)!
  }
})
