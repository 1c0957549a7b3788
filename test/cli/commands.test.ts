import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { attachSignature, keySigner } from '@sallyport/attest'
import { runCli } from '@sallyport/cli'
import { buildAdvisoryDatabase, pushAdvisoryDatabase } from '@sallyport/scan/database'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sampleImage } from '../../examples/gate/write-samples.ts'
import { commands } from '../../packages/cli/src/command-table.ts'
import { envelopeSchema } from '../../packages/cli/src/output/schemas.ts'
import { type Case, caseFiles, commandCases, type Situation } from './cases.ts'
import { prepareContainer } from './container.ts'
import { prepare } from './prepare.ts'
import { normalize, openTerminal, runCommand, type Terminal } from './run-command.ts'

let folder: string
let at: Situation
let terminal: Terminal
let waiting: string[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-cli-'))
  const prepared = await prepare(folder)
  at = { ...prepared, open: () => waiting[0] ?? '' }
  for (const [name, content] of Object.entries(caseFiles(at))) await writeFile(join(folder, name), content)
  await writeFile(
    join(folder, 'records.jsonl'),
    (JSON.parse(await readFile(join(folder, 'advisories.json'), 'utf8')) as object[])
      .map((record) => JSON.stringify(record))
      .join('\n'),
  )
  await at.push('team/app:1')
  await at.push('signed/app:1')
  await at.push('team/bad:1', sampleImage({ tool: true }))
  // What most cases are about: an image that the gate promoted, with its decision, and others that it stopped.
  const ready = await run(['promote', `${at.build.host}/team/app:1`, at.to('ready/app:1')])
  expect(ready, ready.stderr).toMatchObject({ code: 0 })
  const keep = ['--report', 'decision.json', '--facts', 'facts']
  const stopped = await run(['promote', `${at.build.host}/team/bad:1`, at.to('stopped/bad:1'), ...keep])
  expect(stopped, stopped.stderr).toMatchObject({ code: 1 })
  await prepareContainer(at)
  await publishAdvisories()
  terminal = await openTerminal(folder)
}, 300_000)

afterAll(async () => {
  await terminal[Symbol.asyncDispose]()
  await at.client.close()
  await Promise.all([at.build.close(), at.production.close()])
  await rm(folder, { recursive: true })
})

async function publishAdvisories(): Promise<void> {
  const output = join(folder, 'published.db')
  await buildAdvisoryDatabase({
    inputs: [{ kind: 'jsonl', name: 'sample', content: join(folder, 'records.jsonl') }],
    output,
  })
  const repository = at.client.repository({ registry: at.build.host, repository: 'security/advisories' })
  const { digest } = await pushAdvisoryDatabase(repository, output, { tag: 'v1' })
  const { descriptor } = await repository.getManifest(digest)
  const signer = keySigner(await readFile(join(folder, 'release.key'), 'utf8'))
  await attachSignature(repository, descriptor, signer, { settleMs: 0 })
}

const environment = async () => ({ SIGNING_KEY: await readFile(join(folder, 'release.key'), 'utf8') })
const run = async (words: readonly string[]) =>
  runCommand(folder, words, { environment: await environment() })

/** Entries of the quarantine are used up: each case that decides about one gets its own. */
async function stop(name: string): Promise<void> {
  const slug = name.replaceAll(' ', '-')
  // An image of its own: what was approved once passes everywhere.
  const from = await at.push(`stopped/${slug}:1`, sampleImage({ tool: true, version: name }))
  const { stdout } = await run(['promote', from, at.to(`stopped/${slug}:1`), '--json'])
  const { result } = JSON.parse(stdout) as {
    readonly result: { readonly quarantine: { readonly id: string } }
  }
  waiting = [result.quarantine.id]
}

const needsEntry = (name: string) => /^quarantine (?:show|approve|reject)$/.test(name)

/** Runs a case in a terminal and compares the screen; resolves with the exit code. */
async function show(name: string, words: Case['words'], title: string): Promise<number> {
  const shown = await terminal.run(words(at), { environment: await environment() })
  const screen = normalize(shown.screen, folder)
  await expect(`${screen}\n`).toMatchFileSnapshot(`screens/${name.replace(' ', '-')}.${title}.txt`)
  return shown.code
}

const one = (name: string): Case | undefined => commandCases[name]?.failure
const schemaOf = async (name: string) => {
  const command = commands.find((each) => each.name === name)!
  return envelopeSchema(name, (await command.load()).schema)
}

describe('the table', () => {
  it('has cases for every command', () => {
    expect(Object.keys(commandCases).toSorted()).toEqual(commands.map(({ name }) => name).toSorted())
    for (const { name, fails } of commands)
      if (!name.startsWith('quarantine '))
        expect([name, one(name) !== undefined]).toEqual([name, fails !== undefined])
  })
})

describe('a command line that is none', () => {
  it.each([
    ['an unknown command', ['promot', '--json'], '', /promote/],
    ['an unknown option', ['scan', 'a', '--polcy', 'x', '--json'], 'scan', /--policy/],
    ['a missing argument', ['copy', 'a', '--json'], 'copy', /\bto\b/],
    ['a missing value', ['scan', 'a', '--json', '--policy'], 'scan', /policy/],
    ['an option before its command', ['--json', 'inspect', 'a'], 'inspect', /--json/],
    [
      'an option of a command of two words',
      ['policy', 'check', '--polcy', 'x', '--json'],
      'policy check',
      /--policy/,
    ],
    ['half a command', ['policy', '--json'], '', /policy/],
  ])('with --json is a document: %s', async (_, words, command, message) => {
    const { code, stdout, stderr } = await run(words)
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' })
    expect(JSON.parse(stdout)).toEqual({
      version: 1,
      command,
      verdict: 'error',
      error: {
        code: 'USAGE_INVALID',
        message: expect.stringMatching(message),
        advice: expect.any(String),
        retryable: false,
      },
    })
  })
})

// First: approvals, and what is pushed for cases, would show on these screens.
const judging = Object.entries(commandCases).flatMap(([name, { failure }]) =>
  failure ? [[name, failure] as const] : [],
)

describe.each(judging)('sallyport %s', (name, { words, code }) => {
  it('fails', async () => {
    expect(await show(name, words, 'failure')).toBe(code)
  })
})

describe.each(commands.map(({ name }) => name))('sallyport %s', (name) => {
  const { success, failure, bad, interruption } = commandCases[name]!

  it('shows its help', async () => {
    expect(await show(name, () => [...name.split(' '), '--help'], 'help')).toBe(0)
  })

  it('succeeds', async () => {
    if (needsEntry(name)) await stop(name)
    expect(await show(name, success.words, 'success')).toBe(success.code)
  })

  it('refuses bad input', async () => {
    if (needsEntry(name)) await stop(`${name} bad`)
    expect(await show(name, bad.words, 'bad')).toBe(bad.code)
  })

  it('prints JSON that fits its schema', async () => {
    const schema = await schemaOf(name)
    for (const [each, verdict] of [
      [success, 'pass'],
      [failure, 'fail'],
    ] as const) {
      if (!each) continue
      if (needsEntry(name)) await stop(`${name} json`)
      const { code, stdout, stderr } = await run([...each.words(at), '--json'])
      expect({ code, stderr }).toEqual({ code: each.code, stderr: '' })
      const document = schema.parse(JSON.parse(stdout))
      expect(document).toMatchObject({ version: 1, command: name, verdict })
      expect(document.result).toBeDefined()
    }
    const { code, stdout, stderr } = await run([...bad.words(at), '--json'])
    expect(stderr).toBe('')
    const document = schema.parse(JSON.parse(stdout))
    expect(document).toMatchObject({ verdict: 'error', error: { code: expect.any(String) } })
    expect(code).toBe(2)
  })

  it('ends with 130 when it is interrupted', async () => {
    if (needsEntry(name)) await stop(`${name} interrupted`)
    if (interruption === 'before it begins') {
      const out = collect()
      const code = await runCli(success.words(at), {
        stdout: out.stream,
        stderr: out.stream,
        stdin: Readable.from([]),
        environment: { HOME: folder, SALLYPORT_CONFIG: join(folder, 'sallyport.yaml') },
        signal: AbortSignal.abort(Object.assign(new Error('ended by SIGINT'), { signal: 'SIGINT' })),
      })
      expect(out.text()).toMatch(/interrupted\. .*The same command again goes on\. \(INTERRUPTED\)\n$/)
      expect(code).toBe(130)
      return
    }
    const held = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    for (const registry of [at.build, at.production])
      registry.setRequestHook(async () => {
        asked.resolve()
        await held.promise
        return undefined
      })
    try {
      const shown = await terminal.run(success.words(at), {
        environment: await environment(),
        onStart: ({ press }) => void asked.promise.then(() => press('C-c')),
      })
      const screen = normalize(shown.screen, folder)
      expect(screen.replaceAll(/\s+/g, ' ')).toMatch(
        /interrupted\. .*The same command again goes on\. \(INTERRUPTED\)$/,
      )
      expect(shown.code).toBe(130)
      await expect(`${screen}\n`).toMatchFileSnapshot(`screens/${name.replace(' ', '-')}.interrupted.txt`)
    } finally {
      held.resolve()
      for (const registry of [at.build, at.production]) registry.setRequestHook(undefined)
    }
    const again = await run(success.words(at))
    expect(again, again.stderr).toMatchObject({ code: 0 })
  })
})

function collect() {
  let text = ''
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      text += chunk.toString('utf8')
      done()
    },
  })
  return { stream, text: () => text }
}
