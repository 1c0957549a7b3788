import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { requireTool } from '@sallyport/test-tools'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sampleImage } from '../../examples/gate/write-samples.ts'
import { type Container, startContainer } from '../drift/start-container.ts'
import { driftWords, prepareContainer } from './container.ts'
import { type Prepared, prepare } from './prepare.ts'
import { runCommand, type RunOptions } from './run-command.ts'

let folder: string
let at: Prepared
let rootfs: string
let container: Container

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-drift-'))
  at = await prepare(folder)
  ;({ rootfs } = await prepareContainer(at))
  container = await startContainer(rootfs, folder)
})

afterAll(async () => {
  await container?.[Symbol.asyncDispose]()
  await at[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const drift = async (words: readonly (string | number)[], options?: RunOptions) =>
  runCommand(folder, [...driftWords(at), ...words.map(String)], options)
const json = async (words: readonly (string | number)[], options?: RunOptions) => {
  const { code, stdout, stderr } = await drift([...words, '--json'], options)
  expect(stderr).toBe('')
  const { verdict, error, result } = JSON.parse(stdout) as Record<string, any>
  return { code, verdict, error: error?.code, state: result?.state, result }
}

describe('a container that runs', () => {
  it('is clean, by all of its files and by what it wrote', async () => {
    for (const place of [[], ['--upper', container.upper]]) {
      const { result, ...ended } = await json(['--pid', container.pid, ...place])
      expect(ended, JSON.stringify(result)).toEqual({ code: 0, verdict: 'pass', state: 'clean' })
      expect(result.seen.processes).toBe(1)
    }
  })

  it('is unknown where not all can be seen, which is an error', async () => {
    const under = [requireTool('setpriv'), '--bounding-set', '-sys_admin', '--inh-caps', '-sys_admin']
    const { result, ...ended } = await json(['--upper', container.upper], { under })
    expect(ended).toEqual({ code: 2, verdict: 'error', error: 'UNJUDGED', state: 'unknown' })
    expect(result.unknown).toMatchObject([{ path: '/', reason: 'attributes-unreadable' }])
  })

  it('drifted once a program was put into it', async () => {
    await copyFile('/bin/sleep', join(container.root, 'data', 'tool'))
    for (const place of [[], ['--upper', container.upper]]) {
      const words = ['--pid', container.pid, ...place, '--writable', '/data']
      const { result, ...ended } = await json(words)
      expect(ended).toEqual({ code: 1, verdict: 'fail', state: 'drifted' })
      expect(result.files).toMatchObject([{ path: '/data/tool', class: 'binary-added', severity: 'high' }])
      expect(await json([...words, '--least-severity', 'critical'])).toMatchObject({
        code: 0,
        state: 'clean',
      })
    }
  })
})

describe('files elsewhere', () => {
  it('an export is compared', async () => {
    const archive = join(folder, 'export.tar')
    await promisify(execFile)('tar', ['--numeric-owner', '-C', rootfs, '-cf', archive, '.'])
    expect(await json(['--export', 'export.tar'])).toMatchObject({ code: 0, state: 'clean' })
    await promisify(execFile)('tar', ['-C', join(folder, 'drifted'), '-rf', archive, './bin/tool'])
    expect(await json(['--export', 'export.tar'])).toMatchObject({ code: 1, state: 'drifted' })
  })
})

describe('a list that is not believed', () => {
  it.each([
    ['by another key', ['--file-list-key', 'reviewers.pub'], 'BASELINE_INVALID'],
    ['of another config', ['--image-id', `sha256:${'0'.repeat(64)}`], 'BASELINE_INVALID'],
    ['for no such platform', ['--platform', 'linux/arm64'], 'BASELINE_INVALID'],
    ['of two places', ['--export', 'export.tar'], 'OPTION_INVALID'],
    ['of a config that is none', ['--image-id', 'x'], 'OPTION_INVALID'],
    ['of a process that is not there', ['--pid', '4194304'], 'CONTAINER_UNAVAILABLE'],
  ])('%s is an error', async (_, words, error) => {
    const [, , ...rest] = words[0] === '--file-list-key' ? driftWords(at).slice(0, 4) : driftWords(at)
    const { code, stdout } = await runCommand(folder, [
      'drift',
      at.to('ready/listed:1'),
      ...rest,
      ...(words[0] === '--pid' ? [] : ['--root', 'rootfs']),
      ...words,
      '--json',
    ])
    expect({ code, error: JSON.parse(stdout).error }).toMatchObject({ code: 2, error: { code: error } })
  })

  it('nor is an image that was promoted without one, or something that nobody vouches for', async () => {
    const from = await at.push('team/plain:1', sampleImage())
    const promoted = await runCommand(folder, ['promote', from, at.to('ready/plain:1')])
    expect(promoted, promoted.stderr).toMatchObject({ code: 0 })
    const view = ['--root', 'rootfs']
    const plain = await runCommand(folder, [
      'drift',
      at.to('ready/plain:1'),
      '--public-key',
      'release.pub',
      ...view,
    ])
    expect(plain).toMatchObject({ code: 2, stderr: expect.stringContaining('BASELINE_INVALID') })
    const nobody = await runCommand(folder, ['drift', at.to('ready/listed:1'), ...view])
    expect(nobody).toMatchObject({ code: 2, stderr: expect.stringContaining('OPTION_MISSING') })
  })
})
