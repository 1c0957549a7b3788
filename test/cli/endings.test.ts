import { spawn } from 'node:child_process'
import { openSync } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commands } from '../../packages/cli/src/command-table.ts'
import { envelopeSchema } from '../../packages/cli/src/output/schemas.ts'
import { type Prepared, prepare } from './prepare.ts'
import { program, runCommand } from './run-command.ts'

let folder: string
let at: Prepared
let image: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-endings-'))
  at = await prepare(folder)
  image = await at.push('team/app:1')
})

afterAll(async () => {
  await at[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

/** Throws within the program while it runs, as a fault in it would. */
const fault = {
  NODE_OPTIONS: `--import=data:text/javascript,globalThis.process.once('SIGUSR2',()=>{throw(new(Error)('boom'))})`,
}

/** Runs a command and sends signals when its first request comes; the request is held until it has ended. */
async function runUntilAsked(
  words: readonly string[],
  signals: readonly NodeJS.Signals[],
  environment: Readonly<Record<string, string>> = {},
) {
  const held = Promise.withResolvers<void>()
  let kill: (signal: NodeJS.Signals) => void = () => {}
  at.build.setRequestHook(async () => {
    for (const signal of signals) kill(signal)
    await held.promise
    return undefined
  })
  try {
    return await runCommand(folder, words, { environment, onStart: (way) => void (kill = way) })
  } finally {
    held.resolve()
    at.build.setRequestHook(undefined)
  }
}

describe('a fault of the program', () => {
  it('is an error, not a judgement', async () => {
    const { code, stdout, stderr } = await runUntilAsked(['inspect', image], ['SIGUSR2'], fault)
    expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^sallyport inspect: boom\. .*\(UNEXPECTED\)\n$/)
  })

  it('is a document with --json', async () => {
    const { code, stdout, stderr } = await runUntilAsked(['inspect', image, '--json'], ['SIGUSR2'], fault)
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' })
    const { schema } = await commands.find(({ name }) => name === 'inspect')!.load()
    expect(envelopeSchema('inspect', schema).parse(JSON.parse(stdout))).toMatchObject({
      verdict: 'error',
      error: { code: 'UNEXPECTED' },
    })
  })

  it('is none that a command that runs until it is interrupted ends well with', async () => {
    let kill: (signal: NodeJS.Signals) => void = () => {}
    const { code, stderr } = await runCommand(
      folder,
      ['quarantine', 'serve', '--approver', 'Ada', '--reviewer-key', 'reviewers.key', '--json'],
      { environment: fault, onStart: (way) => void (kill = way), onOutput: () => kill('SIGUSR2') },
    )
    expect(code, stderr).toBe(2)
  })
})

describe('a terminal that is closed', () => {
  it('ends it in order', async () => {
    const { code, stderr } = await runUntilAsked(['sbom', image, '-o', 'app.json'], ['SIGHUP'])
    expect(stderr).toMatch(/interrupted\. app\.json is as it was\./)
    expect(code).toBe(129)
  })
})

describe('standard output', () => {
  /** Runs a command whose output goes to a disk that is full. */
  const runToFull = (words: readonly string[]) =>
    new Promise<{ readonly code: number | null; readonly stderr: string }>((resolve, reject) => {
      const [command = '', ...parameters] = [...program, ...words]
      const child = spawn(command, parameters, {
        cwd: folder,
        env: { PATH: '', HOME: folder },
        stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
      })
      let stderr = ''
      child.stderr!.setEncoding('utf8').on('data', (text: string) => void (stderr += text))
      child.on('error', reject)
      child.on('close', (code) => resolve({ code, stderr }))
    })

  it.each([
    ['a result', () => ['sbom', image]],
    ['a document', () => ['inspect', image, '--json']],
    ['help', () => ['--help']],
  ])('that is full is an error: %s', async (_, words) => {
    const { code, stderr } = await runToFull(words())
    expect(code).toBe(2)
    expect(stderr).toMatch(/standard output can't be written \(ENOSPC\).*\(FILE_UNWRITABLE\)\n$/)
  })
})

describe('--json from the environment', () => {
  it.each([
    ['a configuration that is none', ['inspect', 'a', '--config', 'none.yaml'], 'FILE_UNREADABLE'],
    ['a command line that is none', ['inspect'], 'USAGE_INVALID'],
  ])('counts for %s', async (_, words, code) => {
    const ended = await runCommand(folder, words, { environment: { SALLYPORT_JSON: '1' } })
    expect(ended).toMatchObject({ code: 2, stderr: '' })
    expect(JSON.parse(ended.stdout)).toMatchObject({ verdict: 'error', error: { code } })
    const plain = await runCommand(folder, [...words, '--no-json'], { environment: { SALLYPORT_JSON: '1' } })
    expect(plain).toMatchObject({ code: 2, stdout: '' })
  })
})

describe('a name', () => {
  it('does not steer the terminal', async () => {
    const { code, stdout } = await runCommand(folder, ['sbom', image, '-o', 'a\u001b[2J\u009bb.json'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^a�\[2J�b\.json: /)
  })
})

describe('a secret', () => {
  const secret = 'hunter2-in-the-wrong-place'

  it.each([
    ['after an option that is misspelt', ['inspect', 'a', `--pasword=${secret}`]],
    ['as a password', ['inspect', 'r.example/a:1', '--login', 'r.example=me', '--password', secret]],
    [
      'as a password of a printed program',
      ['inspect', 'r.example/a:1', '--login', 'r.example=me', '--password', secret, '--print-code'],
    ],
    ['as a key of a printed program', ['attest', 'r.example/a:1', '--signing-key', secret, '--print-code']],
  ])('%s is not repeated', async (_, words) => {
    for (const more of [[], ['--json'], ['--debug']]) {
      const { code, stdout, stderr } = await runCommand(folder, [...words, ...more])
      expect(code).toBe(2)
      expect(stdout + stderr).not.toContain(secret)
    }
  })

  it('from standard input is read once', async () => {
    const words = ['harden', image, at.to('hard/app:1'), '--login', 'r.example=me', '--password', '-']
    const { code, stderr } = await runCommand(folder, words, { input: 'pw\n' })
    expect(code, stderr).toBe(0)
  })
})

describe('advisories build', () => {
  it.each(['SIGINT', 'SIGHUP'] as const)('%s while it reads leaves nothing', async (signal) => {
    const record = JSON.stringify({
      id: 'CVE-2026-1',
      modified: '2026-11-25T12:00:00Z',
      affected: [
        { package: { ecosystem: 'Debian:12', name: 'tool', purl: 'pkg:deb/debian/tool' }, versions: ['1'] },
      ],
    })
    const lines = Array.from({ length: 30_000 }, (_, index) => record.replace('2026-1', `2026-${index}`))
    await writeFile(join(folder, 'records.jsonl'), lines.join('\n'))
    await writeFile(join(folder, 'built.db'), 'what stood there')
    let kill: (signal: NodeJS.Signals) => void = () => {}
    const words = [
      'advisories',
      'build',
      '-o',
      'built.db',
      '--osv',
      'one=records.jsonl',
      '--progress',
      'plain',
    ]
    // A source is read: what is left is to sort the records, and to write them.
    const { code, stderr } = await runCommand(folder, words, {
      onStart: (way) => void (kill = way),
      onError: () => kill(signal),
    })
    expect(stderr).toMatch(/interrupted\. built\.db is as it was\./)
    expect(code).toBe(signal === 'SIGINT' ? 130 : 129)
    expect((await readdir(folder)).filter((name) => name.startsWith('built.db'))).toEqual(['built.db'])
  })
})
