import type { FileRecord } from '@sallyport/core'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareFiles } from './compare-files.ts'
import { FileBaseline } from './file-baseline.ts'
import type { FileObservation, PresentFile } from './file-observation.ts'

const hash = (text: string) => Buffer.from(text.padEnd(32, '.')).toString('hex').slice(0, 64)
const file = (path: string, more: Partial<FileRecord> = {}): FileRecord => ({
  path,
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 3,
  sha256: hash(path),
  ...more,
})
const directory = (path: string): FileRecord => ({
  path,
  type: 'directory',
  mode: 0o755,
  uid: 0,
  gid: 0,
  size: 0,
})
const program = (path: string) => file(path, { mode: 0o755, magic: 'elf' })

const image = new FileBaseline([
  directory('/'),
  directory('/etc'),
  file('/etc/app.conf'),
  file('/etc/passwd'),
  directory('/usr'),
  directory('/usr/bin'),
  program('/usr/bin/app'),
  file('/usr/bin/tool', { mode: 0o755, magic: 'script' }),
  { ...file('/usr/bin/link'), type: 'symlink', size: 0, sha256: undefined, linkTarget: 'app' },
  directory('/usr/share'),
  file('/usr/share/a'),
  file('/usr/share/b'),
  directory('/var'),
  directory('/var/cache'),
  directory('/etc/__pycache__'),
  file('/etc/__pycache__/a.pyc'),
  file('/var/cache/c'),
])

/** A file of the image, as it is seen. */
function seen(path: string, more: Partial<PresentFile> = {}): PresentFile {
  const { xattrs, ...record } = image.get(path) ?? file(path)
  return { kind: 'present', capability: xattrs?.['security.capability'] ?? '', ...record, ...more }
}
const everything = () => [...image.files()].map(({ path }) => seen(path))
const changes = (...observations: FileObservation[]) =>
  compareFiles(image, observations, { coverage: 'changes' })
const first = (...observations: FileObservation[]) => {
  const { findings, expected, unknown } = changes(...observations)
  expect(findings.length + expected.length + unknown.length).toBeLessThanOrEqual(1)
  const [finding] = findings
  return finding ? [finding.class, finding.severity] : (expected[0]?.reason ?? unknown[0]?.reason ?? 'same')
}

describe('compareFiles', () => {
  it.each<[string, FileObservation, readonly [string, string] | string]>([
    ['content, at the same size', seen('/usr/bin/app', { sha256: hash('x') }), ['binary-changed', 'high']],
    ['a script', seen('/usr/bin/tool', { sha256: hash('x') }), ['script-or-config-changed', 'high']],
    ['configuration', seen('/etc/app.conf', { sha256: hash('x') }), ['script-or-config-changed', 'medium']],
    ['accounts', seen('/etc/passwd', { sha256: hash('x') }), ['script-or-config-changed', 'high']],
    ['data', seen('/usr/share/a', { sha256: hash('x') }), ['data-changed', 'minor']],
    [
      'data that becomes a program',
      seen('/usr/share/a', { sha256: hash('x'), magic: 'elf' }),
      ['binary-changed', 'high'],
    ],
    ['a link', seen('/usr/bin/link', { linkTarget: '/tmp/x' }), ['binary-changed', 'high']],
    ['a pipe in the place of a program', seen('/usr/bin/app', { type: 'fifo' }), ['binary-changed', 'high']],
    ['set-uid', seen('/usr/bin/app', { mode: 0o4755 }), ['permission-or-capability-changed', 'high']],
    [
      'a capability',
      seen('/usr/bin/app', { capability: 'AQ==' }),
      ['permission-or-capability-changed', 'high'],
    ],
    [
      'the bit to execute',
      seen('/usr/share/a', { mode: 0o755 }),
      ['permission-or-capability-changed', 'high'],
    ],
    [
      'writable programs',
      seen('/usr/bin/app', { mode: 0o757 }),
      ['permission-or-capability-changed', 'high'],
    ],
    ['an owner', seen('/usr/share/a', { uid: 5 }), ['permission-or-capability-changed', 'minor']],
    ['an owner of accounts', seen('/etc/passwd', { uid: 5 }), ['permission-or-capability-changed', 'medium']],
    ['nothing', seen('/usr/share/a'), ['metadata-only', 'info']],
    ['nothing of a directory', seen('/usr/share'), 'same'],
    ['a cache', seen('/var/cache/c', { sha256: hash('x') }), 'cache'],
    [
      'a program in a cache',
      seen('/var/cache/c', { sha256: hash('x'), magic: 'elf' }),
      ['binary-changed', 'high'],
    ],
    ['new data in a cache', seen('/var/cache/n', { sha256: undefined }), 'cache'],
    ['a new script in a cache', seen('/var/cache/n', { magic: 'script' }), ['binary-added', 'high']],
    ['a new link in a cache', seen('/var/cache/n', { type: 'symlink', linkTarget: '/x' }), 'cache'],
    [
      'a new link among programs',
      seen('/usr/bin/n', { type: 'symlink', linkTarget: '/tmp/x' }),
      ['binary-added', 'high'],
    ],
    ['a new job', seen('/var/spool/cron/crontabs/root'), ['script-or-config-changed', 'high']],
    [
      'a key in a volume',
      seen('/home/a/.ssh/authorized_keys', { mount: '/home' }),
      ['script-or-config-changed', 'high'],
    ],
    ['data in a volume', seen('/home/a/file', { mount: '/home' }), 'mounted-data'],
    [
      'a program in a volume',
      seen('/home/a/file', { mount: '/home', mode: 0o755 }),
      ['binary-added', 'high'],
    ],
    ['a device in /tmp', seen('/tmp/d', { type: 'block-device', device: '8:0' }), ['data-added', 'high']],
    [
      'a device in /dev of the engine',
      seen('/dev/null', { type: 'character-device', device: '1:3', mount: '/dev' }),
      'pseudo-file-system',
    ],
    [
      'a disk in /dev of the engine',
      seen('/dev/sda', { type: 'block-device', device: '8:0', mount: '/dev' }),
      ['data-added', 'high'],
    ],
    [
      'the memory of the machine in /dev of the engine',
      seen('/dev/x', { type: 'character-device', device: '1:1', mount: '/dev' }),
      ['data-added', 'high'],
    ],
    [
      'bytecode of the image',
      seen('/etc/__pycache__/a.pyc', { sha256: hash('x') }),
      ['script-or-config-changed', 'medium'],
    ],
    ['new bytecode', seen('/etc/__pycache__/b.pyc', { sha256: undefined }), 'bytecode-cache'],
    [
      'a link in the place of a directory where all is expected',
      seen('/var/cache', { type: 'symlink', linkTarget: '/tmp/x' }),
      ['data-changed', 'minor'],
    ],
    [
      'a link in the place of a directory of jobs',
      seen('/var/spool/cron', { type: 'symlink', linkTarget: '/tmp/x' }),
      ['script-or-config-changed', 'high'],
    ],
    [
      'a link in the place of a directory of keys',
      seen('/var/lib/a/.ssh', { type: 'symlink', linkTarget: '/tmp/x' }),
      ['script-or-config-changed', 'high'],
    ],
    [
      'a device in /dev of the image',
      seen('/dev/sda', { type: 'block-device', device: '8:0' }),
      ['data-added', 'high'],
    ],
    ['a program in /dev', seen('/dev/shm/x', { magic: 'elf', mount: '/dev' }), ['binary-added', 'high']],
    ['a socket in /run', seen('/run/s', { type: 'socket' }), 'runtime-data'],
    ['a package database', seen('/var/lib/dpkg/status'), ['package-installed', 'medium']],
    ['a lock beside it', seen('/var/lib/dpkg/lock'), 'application-state'],
    ['a name alone', { kind: 'named', path: '/usr/bin/app', change: 'modified' }, 'name-only'],
    ['content that could not be read', seen('/usr/bin/app', { sha256: undefined }), 'unreadable'],
    [
      'a program that changes',
      seen('/usr/bin/app', { sha256: hash('x'), isUnstable: true }),
      'changed-while-read',
    ],
    ['a cache that changes', seen('/var/cache/c', { sha256: hash('x'), isUnstable: true }), 'cache'],
    [
      'attributes that could not be read',
      seen('/usr/bin/app', { capability: undefined, mode: 0o755 }),
      'attributes-unreadable',
    ],
  ])('tells of %s', (_title, observation, result) => {
    if (result === 'attributes-unreadable') {
      expect(changes(observation).unknown.map(({ reason }) => reason)).toEqual([result])
      return
    }
    expect(first(observation)).toEqual(result)
  })

  it('tells what is gone by its topmost directory', () => {
    const found = changes({ kind: 'deleted', path: '/usr/share' }, { kind: 'deleted', path: '/var/cache/c' })
    expect(found.findings).toMatchObject([
      { path: '/usr/share', class: 'deleted', severity: 'low', below: 2 },
    ])
    expect(found.expected).toEqual([{ reason: 'cache', count: 1, examples: ['/var/cache/c'] }])
  })

  it('takes what an opaque directory does not show for deleted', () => {
    const found = changes({ kind: 'opaque', path: '/usr/share' }, seen('/usr/share'), seen('/usr/share/a'))
    expect(found.findings.map(({ path, class: kind }) => [path, kind])).toEqual([
      ['/usr/share/b', 'deleted'],
      ['/usr/share/a', 'metadata-only'],
    ])
  })

  it('takes what a tree does not show for deleted, but not what is hidden by a mount or can not be read', () => {
    const tree = (...without: readonly string[]) =>
      everything().filter(({ path }) => !without.some((gone) => path === gone || path.startsWith(`${gone}/`)))
    const compare = (observations: readonly FileObservation[]) =>
      compareFiles(image, observations, { coverage: 'tree' })
    expect(compare(tree())).toMatchObject({ findings: [], unknown: [], expected: [] })
    expect(compare(tree('/usr/share')).findings).toMatchObject([{ path: '/usr/share', below: 2 }])
    const hidden = compare([
      ...tree('/usr/share'),
      { kind: 'mounted', path: '/usr/share', fileSystem: 'tmpfs', isWalked: true },
    ])
    expect(hidden).toMatchObject({ findings: [], expected: [{ reason: 'mounted-over', count: 2 }] })
    const denied = compare([
      ...tree('/usr/share'),
      { kind: 'unknown', path: '/usr/share', reason: 'permission-denied', message: 'no' },
    ])
    expect(denied).toMatchObject({ findings: [], unknown: [{ path: '/usr/share' }] })
  })

  it('tells of nothing that nobody looked at, but of what is said to be gone', () => {
    const late: FileObservation = { kind: 'unknown', path: '/', reason: 'limit-exceeded', message: 'late' }
    for (const coverage of ['tree', 'changes'] as const) {
      expect(compareFiles(image, [seen('/'), late], { coverage })).toMatchObject({
        findings: [],
        unknown: [late],
        expected: [],
      })
    }
    expect(changes(late, { kind: 'deleted', path: '/usr/share' }).findings).toMatchObject([
      { path: '/usr/share', below: 2 },
    ])
  })

  it('follows a directory that was renamed', () => {
    const found = changes(
      { kind: 'deleted', path: '/usr/bin' },
      { kind: 'redirected', path: '/opt', from: '/usr/bin' },
    )
    expect(found.findings.map(({ path, class: kind, movedFrom }) => [path, kind, movedFrom])).toEqual([
      ['/opt/app', 'binary-added', '/usr/bin/app'],
      ['/opt/tool', 'binary-added', '/usr/bin/tool'],
      ['/usr/bin', 'deleted', undefined],
      ['/opt/link', 'data-added', undefined],
    ])
  })

  it('says where content comes from that is there again under another name', () => {
    const [{ sha256 } = {}] = [image.get('/usr/bin/app')]
    expect(changes(seen('/opt/x', { sha256, magic: 'elf' })).findings).toMatchObject([
      { sameAs: '/usr/bin/app' },
    ])
    expect(
      changes(seen('/opt/x', { sha256, magic: 'elf' }), { kind: 'deleted', path: '/usr/bin/app' }).findings,
    ).toMatchObject([{ path: '/opt/x', movedFrom: '/usr/bin/app' }, { path: '/usr/bin/app' }])
  })

  it('counts what is too much to be told, of each severity', () => {
    const many = Array.from({ length: 10 }, (_, at) => seen(`/opt/${at}`, { mode: 0o644 }))
    const found = compareFiles(image, [...many, seen('/opt/x', { magic: 'elf' })], {
      coverage: 'changes',
      maxFindings: 3,
    })
    expect(found.findings.map(({ severity }) => severity)).toEqual(['high', 'minor', 'minor', 'minor'])
    expect(found.omitted).toEqual({ findings: 7, unknown: 0 })
  })

  it('never passes over an executable, wherever it lies and whatever is declared', () => {
    const places = [
      '/tmp',
      '/var/tmp',
      '/run',
      '/var/log',
      '/var/cache',
      '/var/lib/app',
      '/data',
      '/etc',
      '/srv',
      '/dev',
    ]
    const executable = fc.oneof(
      fc.record({ mode: fc.constantFrom(0o755, 0o100, 0o2644, 0o4600) }),
      fc.record({ magic: fc.constantFrom('elf' as const, 'script' as const) }),
      fc.record({ capability: fc.constant('AQ==') }),
    )
    fc.assert(
      fc.property(
        fc.constantFrom(...places),
        fc.stringMatching(/^[a-z.~_]{1,12}$/).filter((name) => !/^\.{1,2}$/.test(name)),
        executable,
        fc.option(fc.constantFrom('/data', '/tmp'), { nil: undefined }),
        (place, name, more, mount) => {
          const observation = seen(`${place}/${name}`, { ...more, ...(mount && { mount }) })
          const { findings } = compareFiles(image, [observation], {
            coverage: 'changes',
            writable: ['/data', '/srv'],
          })
          expect(findings).toMatchObject([{ severity: 'high' }])
        },
      ),
    )
  })
})
