import { execFile } from 'node:child_process'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { type RunningSigstore, startSigstore } from '@sallyport/testkit/sigstore'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Prepared, prepare } from './prepare.ts'
import { program, runCommand } from './run-command.ts'

const subject = 'release@acme.test'
let folder: string
let at: Prepared
let sigstore: RunningSigstore
let environment: Readonly<Record<string, string>>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-keyless-'))
  at = await prepare(folder)
  sigstore = await startSigstore()
  const files = {
    'signing_config.json': JSON.stringify(sigstore.signingConfig),
    'trusted_root.json': JSON.stringify(sigstore.trustedRoot),
    'keyless.yaml': [
      'policy: gate.yaml',
      'advisories: advisories.json',
      'harden: true',
      'signingConfig: signing_config.json',
      'trustedRoot: trusted_root.json',
      `certificateIdentity: ${subject}`,
      `certificateIssuer: ${sigstore.oidcUrl}`,
      'identityToken: env://TOKEN',
    ].join('\n'),
  }
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
  environment = { TOKEN: sigstore.issueToken({ email: subject }) }
})

afterAll(async () => {
  await sigstore.close()
  await at[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const keyless = ['--config', 'keyless.yaml'] as const
const run = (words: readonly string[], variables = environment) =>
  runCommand(folder, [...words, ...keyless], { environment: variables })
const verify = (image: string, name = subject) => run(['verify', image, '--certificate-identity', name])
const tagsOf = (repository: string) => Object.keys(at.production.snapshot()[repository]?.tags ?? {})

describe('without keys', () => {
  it('promote signs as the identity, and verify knows it from others', async () => {
    const to = at.to('live/one:1')
    const { code, stderr } = await run(['promote', await at.push('team/one:1'), to])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    // The old forms are for keys and old logs.
    expect(tagsOf('live/one').filter((tag) => /\.(sig|att)$/.test(tag))).toEqual([])
    expect([(await verify(to)).code, (await verify(to, 'other@acme.test')).code]).toEqual([0, 1])
  })

  it('attest does too, once', async () => {
    const image = await at.push('team/two:1')
    const attest = async () => {
      const { code, stdout } = await run(['attest', image, '--json'])
      expect(code).toBe(0)
      return (JSON.parse(stdout) as { result: { written: boolean } }).result.written
    }
    expect([await attest(), await attest()]).toEqual([true, false])
    expect((await verify(image)).code).toBe(0)
  })

  it('a key signs what it is given for', async () => {
    const to = at.to('live/three:1')
    const words = ['promote', await at.push('team/three:1'), to, '--release-key', 'release.key']
    expect((await run(words)).code).toBe(0)
    expect((await runCommand(folder, ['verify', to, '--public-key', 'release.pub'])).code).toBe(0)
    expect((await verify(to)).code).toBe(1)
  })

  it.each<[string, readonly string[], () => Readonly<Record<string, string>>, RegExp]>([
    [
      'the token is of somebody else',
      [],
      () => ({ TOKEN: sigstore.issueToken({ email: 'intruder@acme.test' }) }),
      /intruder@acme\.test/,
    ],
    ['there is no token', [], () => ({}), /--identity-token/],
    ['nobody is named', ['--certificate-identity', ''], () => environment, /certificate-identity/],
  ])('nothing is promoted when %s', async (_title, more, variables, message) => {
    const token = variables()['TOKEN']
    const from = await at.push('team/four:1')
    const { code, stdout, stderr } = await run(['promote', from, at.to('live/four:1'), ...more], variables())
    expect(code).toBe(2)
    expect(stdout + stderr).toMatch(message)
    if (token !== undefined) expect(stdout + stderr).not.toContain(token)
    expect(tagsOf('live/four')).not.toContain('1')
  })

  it('is an error where a key signs everything', async () => {
    const keys = ['--evidence-key', 'evidence.key', '--release-key', 'release.key']
    const words = ['promote', await at.push('team/all:1'), at.to('live/all:1'), ...keys, '--json']
    const { code, stdout } = await run(words)
    expect(code).toBe(2)
    expect(stdout).toMatch(/Leave out --evidence-key or --release-key/)
  })

  it('a plan takes none, and says what a run would need', async () => {
    const words = ['promote', await at.push('team/five:1'), at.to('live/five:1'), '--plan', '--json']
    const needs = async (more: readonly string[], config = 'keyless.yaml') => {
      const { stdout } = await runCommand(folder, [...words, ...more, '--config', config])
      return (JSON.parse(stdout) as { result: { needs: readonly string[] } }).result.needs
    }
    await writeFile(join(folder, 'bare.yaml'), 'policy: gate.yaml\nadvisories: advisories.json\n')
    expect(await needs([])).toEqual([])
    expect(await needs([], 'bare.yaml')).toEqual(['evidence-key', 'release-key'])
    expect(await needs(['--signing-config', 'signing_config.json'], 'bare.yaml')).toEqual([
      'certificate-identity',
      'certificate-issuer',
      'trusted-root',
    ])
  })

  it('doctor says as whom it signs', async () => {
    const { stdout } = await run(['doctor'])
    expect(stdout).toMatch(new RegExp(`signing-config +signs as ${subject}`))
  })

  it('the printed program does the same', async () => {
    const to = at.to('live/six:1')
    const { stdout } = await run(['promote', await at.push('team/six:1'), to, '--print-code'])
    await symlink(join(import.meta.dirname, 'node_modules'), join(folder, 'node_modules'))
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
    await writeFile(join(folder, 'program.ts'), stdout)
    await promisify(execFile)(process.execPath, [...program.slice(1, -1), 'program.ts'], {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: folder, NODE_NO_WARNINGS: '1', ...environment },
    })
    expect((await verify(to)).code).toBe(0)
  })
})
