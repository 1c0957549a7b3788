import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createFakeProc } from './fake-proc.fixture.ts'
import { observeProcesses } from './observe-processes.ts'

const hash = (text: string) => createHash('sha256').update(text).digest('hex')

describe('observeProcesses', () => {
  it.each([
    ['in its mount namespace', { program: 'x' }],
    ['that left all of it behind, by its parent', { program: 'x', mount: 'mnt:[2]', parent: 7 }],
    [
      'in its control group',
      { program: 'x', mount: 'mnt:[2]', groups: '4:pids:/kubepods/pod1/a\n0::/runtime\n' },
    ],
    [
      'below its control group',
      { program: 'x', mount: 'mnt:[2]', groups: '4:pids:/kubepods/pod1/a/b\n0::/\n' },
    ],
  ])('finds a process %s', async (_name, other) => {
    const own = { program: 'a', groups: '4:pids:/kubepods/pod1/a\n0::/runtime\n' }
    await using proc = await createFakeProc({ 7: own, 8: other })
    const { processes, unknown } = await observeProcesses({ pid: 7, procDirectory: proc.path })
    expect([processes.map(({ pid }) => pid), unknown]).toEqual([[7, 8], []])
  })

  it('leaves those of other containers out, whatever of the runtime they share', async () => {
    await using proc = await createFakeProc({
      1: { program: 'init', mount: 'mnt:[0]' },
      7: { program: 'a', parent: 1, groups: '4:pids:/kubepods/pod1/a\n0::/runtime\n' },
      8: { program: 'x', parent: 1, mount: 'mnt:[2]', groups: '4:pids:/kubepods/pod1/b\n0::/runtime\n' },
      9: { program: 'x', parent: 1, mount: 'mnt:[3]', groups: '4:pids:/kubepods/pod1/ab\n0::/runtime\n' },
    })
    const { processes } = await observeProcesses({ pid: 7, procDirectory: proc.path })
    expect(processes.map(({ pid }) => pid)).toEqual([7])
  })

  it('looks at a thread when the first one has ended', async () => {
    await using proc = await createFakeProc({
      7: { program: 'a' },
      8: { threads: [8, 9] },
      9: { program: 'evil' },
    })
    const { processes, ended } = await observeProcesses({ pid: 7, procDirectory: proc.path })
    expect(processes.map(({ pid, executable }) => [pid, executable.sha256])).toContainEqual([8, hash('evil')])
    expect(ended).toBe(0)
  })

  it('counts one of which nothing is left as ended', async () => {
    await using proc = await createFakeProc({ 7: { program: 'a' }, 8: { parent: 7 } })
    expect(await observeProcesses({ pid: 7, procDirectory: proc.path })).toMatchObject({
      processes: [{ pid: 7 }],
      ended: 1,
    })
  })

  it('looks at all that is mapped and set, however much comes before it', async () => {
    const lines = Array.from({ length: 20_000 }, (_, at) => {
      const start = (0x10_0000 + at * 2).toString(16)
      return `${start}000-${start}fff rw-p 00000000 00:00 0                    [anon:a long name of memory]`
    })
    await using proc = await createFakeProc({
      7: {
        program: 'a',
        maps: `${lines.join('\n')}\n7f0000000000-7f0000001000 r-xp 00000000 00:2d 9 /tmp/evil.so\n`,
        mapped: { '7f0000000000-7f0000001000': 'evil' },
        environment: [...Array.from({ length: 10_000 }, (_, at) => `V${at}=x`), 'LD_PRELOAD=/x.so'],
      },
    })
    const { processes, unknown } = await observeProcesses({ pid: 7, procDirectory: proc.path })
    expect(unknown).toEqual([])
    expect(processes).toMatchObject([
      { libraries: [{ path: '/tmp/evil.so', sha256: hash('evil') }], preload: { LD_PRELOAD: '/x.so' } },
    ])
  })

  it('does not know what an interpreter is given behind more words than it looks at', async () => {
    const command = ['sh', ...Array.from({ length: 1001 }, () => '-x'), '/program']
    await using proc = await createFakeProc({ 7: { program: 'a', name: 'sh', command } })
    const { unknown } = await observeProcesses({ pid: 7, procDirectory: proc.path })
    expect(unknown).toEqual([{ pid: 7, message: 'process 7 was given more than 1000 words' }])
  })

  it('tells what an interpreter runs apart from what it is given', async () => {
    const command = ['sh', '-o', 'pipefail', '--rcfile', '/rc', '/sh', '/rc']
    const fake = { program: 'a', name: 'sh', command, files: { rc: 'evil' } }
    await using proc = await createFakeProc({ 7: fake })
    const { processes } = await observeProcesses({ pid: 7, procDirectory: proc.path })
    expect(processes[0]!.scripts).toMatchObject([
      { path: '/rc', sha256: hash('evil'), isRun: true },
      { path: '/sh', sha256: hash('a'), isRun: true },
    ])
  })
})
