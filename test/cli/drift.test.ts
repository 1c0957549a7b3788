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

const nothing = `sha256:${'0'.repeat(64)}`

interface Told {
  readonly verdict: string
  readonly error?: { readonly code: string }
  readonly result?: {
    readonly state: string
    readonly seen: { readonly processes: number }
    readonly files: readonly object[]
    readonly unknown: readonly object[]
  }
}

async function json(words: readonly (string | number)[], options?: RunOptions, key?: string) {
  const line = [...driftWords(at, key), ...words.map(String), '--json']
  const { code, stdout, stderr } = await runCommand(folder, line, options)
  expect(stderr).toBe('')
  const { verdict, error, result } = JSON.parse(stdout) as Told
  return { code, verdict, error: error?.code, state: result?.state, result }
}

describe('a container that runs', () => {
  it('is clean, by all of its files and by what it wrote', async () => {
    for (const place of [[], ['--upper', container.upper]]) {
      const { result, ...ended } = await json(['--pid', container.pid, ...place])
      expect(ended, JSON.stringify(result)).toEqual({ code: 0, verdict: 'pass', state: 'clean' })
      expect(result?.seen.processes).toBe(1)
    }
  })

  it('is unknown where not all can be seen, which is an error', async () => {
    const under = [requireTool('setpriv'), '--bounding-set', '-sys_admin', '--inh-caps', '-sys_admin']
    const { result, ...ended } = await json(['--upper', container.upper], { under })
    expect(ended).toEqual({ code: 2, verdict: 'error', error: 'UNJUDGED', state: 'unknown' })
    expect(result?.unknown).toMatchObject([{ path: '/', reason: 'attributes-unreadable' }])
  })

  it('drifted once a program was put into it', async () => {
    await copyFile('/bin/sleep', join(container.root, 'data', 'tool'))
    for (const place of [[], ['--upper', container.upper]]) {
      const words = ['--pid', container.pid, ...place, '--writable', '/data']
      const { result, ...ended } = await json(words)
      expect(ended).toEqual({ code: 1, verdict: 'fail', state: 'drifted' })
      expect(result?.files).toMatchObject([{ path: '/data/tool', class: 'binary-added', severity: 'high' }])
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

describe('options that are none', () => {
  it.each([
    ['two places', ['--root', 'rootfs', '--export', 'export.tar'], 'OPTION_INVALID'],
    ['no place', [], 'OPTION_MISSING'],
    ['a digest that is none', ['--root', 'rootfs', '--image-id', 'x'], 'OPTION_INVALID'],
    ['half a process', ['--pid', '1.5'], 'OPTION_INVALID'],
    ['two platforms', ['--root', 'rootfs', '--platform', 'a/b', '--platform', 'a/c'], 'OPTION_INVALID'],
    ['a process that is not there', ['--pid', '4194304'], 'CONTAINER_UNAVAILABLE'],
    ['an export that is none', ['--export', 'gate.yaml'], 'TAR_INVALID'],
  ])('%s is an error', async (_, words, error) => {
    const { code, ...told } = await json(words)
    expect({ code, error: told.error }).toEqual({ code: 2, error })
  })
})

describe('a list that is not believed', () => {
  it.each([
    ['by another key', ['--root', 'rootfs'], 'reviewers.pub', 'BASELINE_INVALID'],
    ['of another config', ['--root', 'rootfs', '--image-id', nothing], undefined, 'BASELINE_INVALID'],
    [
      'for no such platform',
      ['--root', 'rootfs', '--platform', 'linux/arm64'],
      undefined,
      'BASELINE_INVALID',
    ],
  ])('%s is an error', async (_, words, key, error) => {
    const { code, ...told } = await json(words, {}, key)
    expect({ code, error: told.error }).toEqual({ code: 2, error })
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
