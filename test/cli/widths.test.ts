import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { runCli } from '@sallyport/cli'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sampleImage } from '../../examples/gate/write-samples.ts'
import { commands } from '../../packages/cli/src/command-table.ts'
import { type Prepared, prepare } from './prepare.ts'

let folder: string
let at: Prepared

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-widths-'))
  at = await prepare(folder)
  await at.push('team/app:1')
  await at.push('team/bad:1', sampleImage({ tool: true }))
  expect(await run(['promote', `${at.build.host}/team/app:1`, at.to('ready/app:1')])).toMatchObject({
    code: 0,
  })
}, 120_000)

afterAll(async () => {
  await at[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

/** Runs a command in a terminal of this width, or in none. */
async function run(words: readonly string[], columns?: number) {
  const open = () => {
    let text = ''
    const stream = new Writable({
      write(chunk: Buffer, _, done) {
        text += chunk.toString('utf8')
        done()
      },
    })
    return { stream: Object.assign(stream, { isTTY: columns !== undefined, columns }), text: () => text }
  }
  const [out, error] = [open(), open()]
  const file = (name: string) => join(folder, name)
  const code = await runCli(words, {
    stdout: out.stream,
    stderr: error.stream,
    stdin: Readable.from([]),
    environment: {
      HOME: folder,
      SALLYPORT_PROGRESS: 'none',
      SALLYPORT_POLICY: file('gate.yaml'),
      SALLYPORT_ADVISORIES: file('advisories.json'),
      SALLYPORT_EVIDENCE_KEY: file('evidence.key'),
      SALLYPORT_RELEASE_KEY: file('release.key'),
      SALLYPORT_JOURNAL: file('gate.db'),
      SALLYPORT_QUARANTINE: file('gate.db'),
      SALLYPORT_HARDEN: 'true',
    },
    signal: new AbortController().signal,
  })
  return {
    code,
    stdout: stripVTControlCharacters(out.text()),
    stderr: stripVTControlCharacters(error.text()),
  }
}

const wordsOf = (text: string) => text.trim().split(/\s+/)
/** A line may be wider than its terminal only where breaking it would keep it from being copied. */
const isWhole = (line: string) => /^\s*\S+$/.test(line) || /^\s+sallyport /.test(line)

const app = () => at.to('ready/app:1')
const screens: readonly (readonly [string, () => readonly string[]])[] = [
  ['inspect', () => ['inspect', app()]],
  ['verify that passes', () => ['verify', app(), '--public-key', join(folder, 'release.pub')]],
  ['verify that fails', () => ['verify', app(), '--public-key', join(folder, 'reviewers.pub')]],
  ['an error', () => ['verify', at.to('ready/none:1'), '--public-key', join(folder, 'release.pub')]],
  ['a command line that is none', () => ['verify', app(), '--public-kye', 'release.pub']],
  ['sbom', () => ['sbom', app(), '-o', join(folder, 'app.cdx.json')]],
]

describe.each([60, 80, 120])('a terminal of %i columns', (columns) => {
  it.each(screens)('breaks no word: %s', async (_, words) => {
    const [plain, shown] = [await run(words()), await run(words(), columns)]
    expect(shown.code).toBe(plain.code)
    for (const stream of ['stdout', 'stderr'] as const) {
      // What is equally near comes in any order.
      expect(wordsOf(shown[stream]).toSorted()).toEqual(wordsOf(plain[stream]).toSorted())
      expect(shown[stream].split('\n').filter((line) => line.length > columns && !isWhole(line))).toEqual([])
    }
  })

  it.each(commands.map(({ name }) => name))('shows the help of %s', async (name) => {
    const { stdout } = await run([...name.split(' '), '--help'], columns)
    expect(stdout.split('\n').filter((line) => line.length > columns && !isWhole(line))).toEqual([])
    for (const { line } of commands.find((each) => each.name === name)!.examples)
      expect(stdout).toContain(`  ${line}\n`)
  })

  it('keeps the command that tells more in one line', async () => {
    const { code, stdout } = await run(
      ['promote', `${at.build.host}/team/bad:1`, at.to('live/bad:1')],
      columns,
    )
    expect(code).toBe(1)
    expect(stdout).toMatch(/^ +sallyport quarantine show [0-9a-f]{32}$/m)
  })

  it('leaves a document as it is', async () => {
    const words = ['policy', 'effective', '--tier', 'prod']
    const shown = await run(words, columns)
    expect(shown).toMatchObject({ code: 0, stdout: (await run(words)).stdout })
  })
})

describe('a wide terminal', () => {
  it('has digests beside their images', async () => {
    const digest = at.production.resolve('ready/app', '1')!
    const { stdout } = await run(['verify', app(), '--public-key', join(folder, 'release.pub')], 120)
    expect(stdout).toContain(`${app()}  ${digest}\n`)
    const inspected = await run(['inspect', app()], 120)
    expect(inspected.stdout).toContain(`linux/amd64  ${digest}\n`)
  })
})

describe('what is no terminal', () => {
  it('gets each line whole', async () => {
    const { stdout } = await run(['inspect', app()])
    expect(stdout).toMatch(/^ {2}https:\/\/slsa\.dev\/provenance\/v1 +\S+ +sha256:[0-9a-f]{64}$/m)
  })
})
