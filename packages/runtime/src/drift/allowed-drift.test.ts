import { describe, expect, it } from 'vitest'
import type { ProcessFinding, ProcessProblem } from '../processes/judge-processes.ts'
import { type AllowedDrift, checkAllowed, siftAllowed } from './allowed-drift.ts'
import type { DriftFinding } from './drift-finding.ts'

const sha256 = 'a'.repeat(64)
const script: AllowedDrift = { sha256, path: '/scripts', reason: 'ConfigMap start-scripts' }
const memory: AllowedDrift = {
  memory: 'doublemapper',
  executable: '/usr/bin/dotnet',
  reason: '.NET maps its code twice',
}
const file = (more: Partial<DriftFinding> = {}): DriftFinding => ({
  path: '/scripts/..2026/start.sh',
  class: 'binary-added',
  severity: 'high',
  message: '',
  flags: ['executable-bit', 'script'],
  changes: [],
  sha256,
  ...more,
})
const running = (problem: ProcessProblem, more: Partial<ProcessFinding> = {}): ProcessFinding => ({
  pid: 1,
  problem,
  severity: 'critical',
  executable: '/usr/bin/dash',
  path: '/scripts/..2026/start.sh',
  sha256,
  message: '',
  command: [],
  ...more,
})
const mapped = { path: 'memfd:doublemapper', executable: '/usr/bin/dotnet', sha256: undefined }

describe('siftAllowed', () => {
  it.each<[string, DriftFinding | ProcessFinding, boolean]>([
    ['content where it may lie', file(), true],
    ['content elsewhere', file({ path: '/tmp/start.sh' }), false],
    ['content in a place with a like name', file({ path: '/scripts2/start.sh' }), false],
    ['other content', file({ sha256: 'b'.repeat(64) }), false],
    ['content that was not hashed', file({ sha256: undefined }), false],
    ['content with set-uid', file({ flags: ['script', 'set-uid'] }), false],
    ['content with a capability', file({ flags: ['elf', 'capability'] }), false],
    ['what is gone', file({ class: 'deleted' }), false],
    ['a script that runs', running('foreign-script'), true],
    ['a program that is deleted', running('deleted-executable'), false],
    ['a script elsewhere', running('foreign-script', { path: '/tmp/x' }), false],
    ['memory of a program', running('foreign-library', mapped), true],
    ['memory of another name', running('foreign-library', { ...mapped, path: 'memfd:evil' }), false],
    ['memory of another program', running('foreign-library', { ...mapped, executable: '/x' }), false],
    ['a program in memory', running('memory-only-executable', mapped), false],
  ])('of %s', (_title, finding, isAllowed) => {
    const isFile = 'class' in finding
    const { files, processes, allowed } = siftAllowed(isFile ? [finding] : [], isFile ? [] : [finding], [
      script,
      memory,
    ])
    expect([...files, ...processes]).toEqual(isAllowed ? [] : [finding])
    expect(allowed.map(({ count, examples }) => [count, examples])).toEqual(
      isAllowed ? [[1, [finding.path]]] : [],
    )
  })
})

describe('checkAllowed', () => {
  it.each([
    { ...script, sha256: 'A'.repeat(64) },
    { ...script, path: '/' },
    { ...script, path: 'scripts' },
    { ...script, reason: ' ' },
    { ...memory, memory: '' },
    { ...memory, executable: 'dotnet' },
  ])('refuses %o', (entry) => {
    expect(() => checkAllowed([script, memory, entry])).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID' }),
    )
  })
})
