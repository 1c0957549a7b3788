import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sampleImage } from '../../examples/gate/write-samples.ts'
import { type Prepared, prepare } from './prepare.ts'
import { runCommand } from './run-command.ts'

let folder: string
let at: Prepared

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-plan-'))
  at = await prepare(folder)
  await writeFile(join(folder, 'sallyport.yaml'), 'policy: gate.yaml\nadvisories: advisories.json\n')
  await writeFile(
    join(folder, 'variables.yaml'),
    'policy: gate.yaml\nadvisories: advisories.json\nevidenceKey: env://NOT_THERE\nreleaseKey: env://NOT_THERE\n',
  )
})

afterAll(async () => {
  await at[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

describe('promote --plan', () => {
  it('takes no keys, and says that a run needs them', async () => {
    const from = await at.push('team/app:1')
    const words = ['promote', from, at.to('live/app:1'), '--plan', '--harden']
    const { code, stdout, stderr } = await runCommand(folder, words)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/would move to sha256:[0-9a-f]{64}\n/)
    expect(stdout).toMatch(/a run without --plan needs --evidence-key and --release-key\n$/)
    const json = await runCommand(folder, [...words, '--json'])
    expect(JSON.parse(json.stdout)).toMatchObject({
      verdict: 'pass',
      result: { moves: true, needs: ['evidence-key', 'release-key'] },
    })
  })

  it('reads no keys where they are named', async () => {
    const from = await at.push('team/bad:1', sampleImage({ tool: true }))
    const words = ['promote', from, at.to('live/bad:1'), '--plan', '--config', 'variables.yaml']
    const { code, stdout, stderr } = await runCommand(folder, words)
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
    expect(stdout).toMatch(/would stay: fail\n$/)
    const { result } = JSON.parse((await runCommand(folder, [...words, '--json'])).stdout) as {
      readonly result: object
    }
    expect(result).toMatchObject({ moves: false, needs: [] })
  })

  it('prints a program without keys', async () => {
    const words = ['promote', 'build.example/app:1', 'prod.example/app:1', '--plan', '--print-code']
    const { code, stdout, stderr } = await runCommand(folder, words)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('await planPromotion({')
    expect(stdout).not.toContain('signer')
  })

  it('leaves a run without keys an error', async () => {
    const from = await at.push('team/app:1')
    const { code, stderr } = await runCommand(folder, ['promote', from, at.to('live/app:1')])
    expect(code).toBe(2)
    expect(stderr).toMatch(/--evidence-key is missing.*\(OPTION_MISSING\)\n$/)
    expect(at.production.resolve('live/app', '1')).toBeUndefined()
  })
})
