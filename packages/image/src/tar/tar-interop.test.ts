import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTarWriter } from './create-tar-writer.ts'
import { encodeName } from './name-bytes.ts'
import { readTar } from './read-tar.ts'
import type { TarEntry } from './tar-header.ts'

const has = (program: string) => spawnSync(program, ['--version']).status === 0
const python = has('python3')
const gnuTar = spawnSync('tar', ['--version'], { encoding: 'utf8' }).stdout?.includes('GNU tar') === true

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tar-test-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

function run(program: string, args: readonly string[], input?: string | Uint8Array): Buffer {
  const result = spawnSync(program, args, { cwd: directory, maxBuffer: 1 << 26, ...(input && { input }) })
  if (result.status !== 0) throw new Error(`${program}: ${String(result.stderr)}`)
  return result.stdout
}

async function list(tar: Uint8Array) {
  const found: { entry: TarEntry; data: Uint8Array[] }[] = []
  for await (const event of readTar([tar])) {
    if (event.type === 'entry') found.push({ entry: event.entry, data: [] })
    else found.at(-1)?.data.push(event.chunk)
  }
  return found.map(({ entry, data }) => ({
    name: Buffer.from(encodeName(entry.path)).toString('hex').replace(/2f$/, ''),
    type: entry.type,
    link: Buffer.from(encodeName(entry.linkPath)).toString('hex'),
    mode: entry.mode,
    uid: entry.uid,
    gid: entry.gid,
    mtime: entry.mtime,
    size: entry.size,
    device: [entry.deviceMajor, entry.deviceMinor],
    xattrs: [...entry.xattrs].map(([key, value]) => `${key}=${Buffer.from(value).toString('hex')}`).sort(),
    data: Buffer.concat(data).toString('hex'),
  }))
}

const members = [
  { name: 'plain', type: 'file', data: 'hello' },
  { name: 'empty', type: 'file', data: '' },
  { name: 'dir', type: 'directory', data: '' },
  { name: `${'deep/'.repeat(30)}file`, type: 'file', data: 'x'.repeat(600) },
  { name: 'n'.repeat(240), type: 'file', data: 'long' },
  { name: 'caf\udce9', type: 'file', data: 'latin' },
  { name: 'größe/日本', type: 'file', data: 'utf-8' },
  { name: 'link', type: 'symlink', link: `${'target/'.repeat(20)}end`, data: '' },
  { name: 'hard', type: 'hardlink', link: 'plain', data: '' },
  { name: 'null', type: 'character-device', device: [1, 3], data: '' },
  { name: 'disk', type: 'block-device', device: [8, 1], data: '' },
  { name: 'pipe', type: 'fifo', data: '' },
] as const

const times = [0, 1_700_000_000, 1_700_000_000.5, -3, 2 ** 34]
const ids = [0, 1000, 3_000_000]

/** The members in the form that {@link list} gives. */
const expected = members.map((member, index) => ({
  name: Buffer.from(encodeName(member.name)).toString('hex'),
  type: member.type,
  link: Buffer.from('link' in member ? member.link : '').toString('hex'),
  mode: 0o640,
  uid: ids[index % ids.length],
  gid: ids[(index + 1) % ids.length],
  mtime: times[index % times.length],
  size: member.data.length,
  device: 'device' in member ? [...member.device] : [0, 0],
  xattrs: [] as string[],
  data: Buffer.from(member.data).toString('hex'),
}))

const types = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  'character-device': '3',
  'block-device': '4',
  directory: '5',
  fifo: '6',
}

const flags = Object.fromEntries(Object.entries(types).map(([type, flag]) => [flag, type]))

const pythonWriter = `
import io, json, sys, tarfile
spec = json.load(sys.stdin)
fmt = {'pax': tarfile.PAX_FORMAT, 'gnu': tarfile.GNU_FORMAT}[spec['format']]
with tarfile.open('out.tar', 'w', format=fmt, encoding='utf-8', errors='surrogateescape') as tar:
    for m in spec['members']:
        info = tarfile.TarInfo(bytes.fromhex(m['name']).decode('utf-8', 'surrogateescape'))
        info.type = m['flag'].encode()
        info.linkname = bytes.fromhex(m['link']).decode()
        info.mode, info.uid, info.gid, info.mtime = m['mode'], m['uid'], m['gid'], m['mtime']
        info.devmajor, info.devminor = m['device']
        data = bytes.fromhex(m['data'])
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
sys.stdout.buffer.write(open('out.tar', 'rb').read())
`

const pythonReader = `
import json, sys, tarfile
names = {b'0': 'file', b'1': 'hardlink', b'2': 'symlink', b'3': 'character-device', b'4': 'block-device', b'5': 'directory', b'6': 'fifo'}
out = []
with tarfile.open(sys.argv[1], encoding='utf-8', errors='surrogateescape') as tar:
    for m in tar:
        data = tar.extractfile(m).read() if m.isreg() else b''
        out.append({'name': m.name.encode('utf-8', 'surrogateescape').hex(), 'type': names[m.type],
            'link': m.linkname.encode('utf-8', 'surrogateescape').hex(), 'mode': m.mode, 'uid': m.uid, 'gid': m.gid, 'mtime': m.mtime,
            'size': m.size if m.isreg() else 0, 'device': [m.devmajor, m.devminor], 'xattrs': [], 'data': data.hex()})
print(json.dumps(out))
`

describe.skipIf(!python)(`readTar and Python's tarfile${python ? '' : ' (skipped: no python3)'}`, () => {
  it.each(['pax', 'gnu'])('reads what Python writes in its %s format', async (format) => {
    const rows = expected.map((row) => ({
      ...row,
      flag: types[row.type],
      // The GNU format has whole seconds only.
      mtime: format === 'gnu' ? Math.floor(row.mtime ?? 0) : row.mtime,
    }))
    const tar = run('python3', ['-c', pythonWriter], JSON.stringify({ format, members: rows }))
    expect(await list(tar)).toEqual(rows.map(({ flag, ...row }) => ({ ...row, type: flags[flag] })))
  })

  it('writes what Python reads', async () => {
    const writer = createTarWriter()
    for (const [index, row] of expected.entries()) {
      const member = members[index]
      if (member === undefined) continue
      writer.add({
        type: row.type,
        path: member.name,
        linkPath: 'link' in member ? member.link : '',
        mode: row.mode,
        uid: row.uid ?? 0,
        gid: row.gid ?? 0,
        mtime: row.mtime ?? 0,
        deviceMajor: row.device[0] ?? 0,
        deviceMinor: row.device[1] ?? 0,
        data: member.data,
      })
    }
    const tar = writer.finish()
    await writeFile(join(directory, 'ours.tar'), tar)
    expect(JSON.parse(run('python3', ['-c', pythonReader, 'ours.tar']).toString())).toEqual(expected)
    expect(await list(tar)).toEqual(expected)
  })
})

describe.skipIf(!gnuTar)(`readTar and GNU tar${gnuTar ? '' : ' (skipped: no GNU tar)'}`, () => {
  it.each(['gnu', 'oldgnu', 'pax', 'ustar', 'v7'])(
    'reads what GNU tar writes in its %s format',
    async (format) => {
      await writeFile(join(directory, 'file'), 'content')
      const long = 'long-'.repeat(format === 'v7' || format === 'ustar' ? 10 : 40)
      await writeFile(join(directory, long), 'x'.repeat(700))
      run('ln', ['-s', 'file', 'link'])
      run('ln', ['file', 'hard'])
      run('mkdir', ['-p', 'dir/sub'])
      const tar = run('tar', [
        '-c',
        `--format=${format}`,
        '--mtime=@1700000000',
        '--sort=name',
        'dir',
        'file',
        'hard',
        'link',
        long,
      ])
      const read = await list(tar)
      expect(
        read.map(({ name, type, size, mtime }) => [Buffer.from(name, 'hex').toString(), type, size, mtime]),
      ).toEqual([
        ['dir', 'directory', 0, 1_700_000_000],
        ['dir/sub', 'directory', 0, 1_700_000_000],
        ['file', 'file', 7, 1_700_000_000],
        ['hard', 'hardlink', 0, 1_700_000_000],
        ['link', 'symlink', 0, 1_700_000_000],
        [long, 'file', 700, 1_700_000_000],
      ])
    },
  )

  it('writes what GNU tar extracts, extended attributes included', () => {
    const tar = createTarWriter()
      .add({
        type: 'file',
        path: `${'d/'.repeat(120)}f`,
        data: 'deep',
        xattrs: new Map([['user.x', Buffer.of(1, 0xff)]]),
      })
      .finish()
    run('tar', ['-x', '-f', '-'], tar)
    expect(run('cat', [`${'d/'.repeat(120)}f`]).toString()).toBe('deep')
    expect(run('tar', ['--xattrs', '-tvvf', '-'], tar).toString()).toContain('x: 2 user.x')
  })

  it('refuses what GNU tar writes for a sparse file', async () => {
    run('truncate', ['-s', '1M', 'holes'])
    run('dd', ['if=/dev/urandom', 'of=holes', 'bs=4096', 'count=1', 'conv=notrunc', 'status=none'])
    for (const format of ['gnu', 'pax']) {
      const tar = run('tar', ['-c', '-S', `--format=${format}`, 'holes'])
      await expect(list(tar)).rejects.toMatchObject({ code: 'TAR_UNSUPPORTED' })
    }
  })
})
