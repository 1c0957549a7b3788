import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRegistry, type TestRegistry } from '@sallyport/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Prepared, prepare } from './prepare.ts'
import { runCommand } from './run-command.ts'

let folder: string
let at: Prepared
let immutable: TestRegistry

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-evidence-mode-'))
  at = await prepare(folder)
  immutable = await startRegistry({ quirks: { immutableTags: true } })
})

afterAll(async () => {
  await immutable.close()
  await at[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const tagsOf = (repository: string) => Object.keys(immutable.snapshot()[repository]?.tags ?? {})

describe('a registry with immutable tags', () => {
  it('refuses what is written under tags, and the error says what to do', async () => {
    const words = ['promote', await at.push('team/app:1'), `${immutable.host}/live/one:1`, '--json']
    const { code, stdout } = await runCommand(folder, words)
    expect(code).toBe(2)
    expect((JSON.parse(stdout) as { error: { message: string } }).error.message).toMatch(
      /exclude tags that begin with .* or write evidence as referrers alone/,
    )
    expect(tagsOf('live/one')).not.toContain('1')
  })

  it('takes bundles', async () => {
    const to = `${immutable.host}/live/two:1`
    const promoted = await runCommand(folder, [
      'promote',
      await at.push('team/app:1'),
      to,
      '--evidence-mode',
      'bundle',
    ])
    expect({ code: promoted.code, stderr: promoted.stderr }).toEqual({ code: 0, stderr: '' })
    expect(tagsOf('live/two').filter((tag) => /\.(sig|att)$/.test(tag))).toEqual([])
    const words = ['attest', to, '--signing-key', 'release.key', '--evidence-mode', 'bundle', '--json']
    const attested = await runCommand(folder, words)
    expect(attested.code).toBe(0)
    const { result } = JSON.parse(attested.stdout) as { result: { pieces: { store: string }[] } }
    expect(new Set(result.pieces.map(({ store }) => store))).toEqual(new Set(['bundle']))
  })

  it.each([
    ['promote', ['build.example/app:1', 'prod.example/app:1'], "evidenceMode: 'bundle'"],
    ['attest', ['prod.example/app:1', '--signing-key', 'release.key'], "signer, { mode: 'bundle' })"],
  ])('%s --print-code writes the same', async (command, words, text) => {
    const { stdout } = await runCommand(folder, [
      command,
      ...words,
      '--evidence-mode',
      'bundle',
      '--print-code',
    ])
    expect(stdout).toContain(text)
  })
})
