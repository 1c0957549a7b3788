import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { sqliteQuarantine } from '@sallyport/gate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sampleImage } from '../../examples/gate/write-samples.ts'
import { type Prepared, prepare } from './prepare.ts'
import { openTerminal, runCommand } from './run-command.ts'

let folder: string
let at: Prepared
let id: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-console-'))
  at = await prepare(folder)
  const image = await at.push('team/bad:1', sampleImage({ tool: true }))
  const { stdout } = await runCommand(folder, ['promote', image, at.to('team/bad:1'), '--json'])
  const { result } = JSON.parse(stdout) as {
    readonly result: { readonly quarantine: { readonly id: string } }
  }
  id = result.quarantine.id
}, 120_000)

afterAll(async () => {
  await at[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const words = ['quarantine', 'serve', '--approver', 'Ada Lovelace', '--reviewer-key', 'reviewers.key']

interface Announced {
  readonly result: { readonly url: string; readonly signIn?: string }
}

/** Serves until `use` has ended and a signal was sent. */
async function serve(
  more: readonly string[],
  use: (result: Announced['result'], kill: (signal: NodeJS.Signals) => void) => Promise<void>,
  environment: Readonly<Record<string, string>> = {},
) {
  let kill: (signal: NodeJS.Signals) => void = () => {}
  const announced = Promise.withResolvers<Announced>()
  let output = ''
  const ended = runCommand(folder, [...words, '--json', ...more], {
    environment,
    onStart: (way) => void (kill = way),
    onOutput(text) {
      output += text
      if (output.includes('\n')) announced.resolve(JSON.parse(output.split('\n')[0]!) as Announced)
    },
  })
  const { result } = await Promise.race([
    announced.promise,
    ended.then(({ stderr, stdout }) => Promise.reject(new Error(stderr + stdout))),
  ])
  await use(result, (signal) => kill(signal))
  return ended
}

/** Signs in as a browser would, with what the page takes from the fragment. */
async function signIn({ url }: Announced['result'], secret: string) {
  const { origin } = new URL(url)
  const answer = await fetch(`${url}sign-in`, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin },
    body: new URLSearchParams({ next: '', secret }),
  })
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  return { status: answer.status, headers: { cookie, origin } }
}

describe('sallyport quarantine serve', () => {
  it('says where it is in one line, lets its reviewer decide, and ends in order', async () => {
    let url = ''
    const { code, stdout, stderr } = await serve([], async (result, kill) => {
      url = result.url
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{16}\/$/)
      const secret = new URL(result.signIn!).hash.replace('#code=', '')
      const { status, headers } = await signIn(result, secret)
      expect(status).toBe(303)
      expect((await signIn(result, secret)).status).toBe(401)
      // Nobody learns from the port where the console is.
      expect((await fetch(new URL('/', url))).status).toBe(404)
      const page = await (await fetch(`${url}entries/${id}`, { headers })).text()
      const form = page.slice(page.indexOf('/approve"'))
      const valueOf = (name: string) => new RegExp(`name="${name}"\\s+value="([^"]*)"`).exec(form)![1]!
      const body = new URLSearchParams({
        form: valueOf('form'),
        seen: valueOf('seen'),
        expires: valueOf('expires'),
        scope: 'digest',
        reason: 'nothing starts the tool',
      })
      const sent = await fetch(`${url}entries/${id}/approve`, {
        method: 'POST',
        redirect: 'manual',
        headers,
        body,
      })
      expect(sent.status).toBe(303)
      kill('SIGINT')
    })
    expect(code, stderr).toBe(130)
    const [, ...rest] = stdout.split('\n')
    expect(JSON.parse(rest.join('\n'))).toMatchObject({ verdict: 'error', error: { code: 'INTERRUPTED' } })
    const events = stderr.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []))
    expect(events).toMatchObject([
      { type: 'signed-in', reviewer: 'Ada Lovelace' },
      { type: 'sign-in-refused' },
      { type: 'request-refused', status: 404 },
      { type: 'approved', id, reviewer: 'Ada Lovelace' },
    ])
    await expect(fetch(url)).rejects.toThrow()
    await using quarantine = sqliteQuarantine(join(folder, '.sallyport', 'gate.db'))
    expect(await quarantine.get(id)).toMatchObject({
      status: { state: 'approved', approver: 'Ada Lovelace' },
    })
    const passed = await runCommand(folder, ['promote', `${at.build.host}/team/bad:1`, at.to('team/bad:1')])
    expect(passed, passed.stderr).toMatchObject({ code: 0 })
  })

  it.each(['http://localhost:8443', 'https://127.0.0.1:8443', 'https://[::1]:8443'])(
    'is where nobody guesses also at %s, whose cookies go to every port',
    async (address) => {
      const { code, stdout, stderr } = await runCommand(folder, [
        ...words,
        '--check',
        '--json',
        '--public-url',
        address,
      ])
      expect(code, stderr).toBe(0)
      const { result } = JSON.parse(stdout) as Announced
      expect(result.url.startsWith(`${address}/`)).toBe(true)
      expect(new URL(result.url).pathname).toMatch(/^\/[\w-]{16}\/$/)
    },
  )

  it.each<[string, string]>([
    ['with a mark before it', '#'],
    ['with blanks and a mark before it', '  # '],
  ])('takes no token %s, nor does the program that it prints', async (_, mark) => {
    await writeFile(join(folder, 'tokens'), `${mark}Ben=a-token-that-was-taken-back\n\n Ada = x\n`)
    const line = ['quarantine', 'serve', '--check', '--token-file', 'tokens']
    const { stderr } = await runCommand(folder, line)
    expect(stderr).toMatch(/entry 1 is not of the form/)
    await writeFile(join(folder, 'tokens'), `${mark}Ben=short\r\n\n Ada =a-token-of-20-characters\n`)
    expect(await runCommand(folder, line)).toMatchObject({ code: 0 })
    const { stdout } = await runCommand(folder, [...line, '--print-code'])
    const tokens = /tokens: (?<made>.+) },$/m.exec(stdout)!.groups!['made']!
    const read = `import { readFile } from 'node:fs/promises'; console.log(JSON.stringify(${tokens}))`
    const ran = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', read], {
      cwd: folder,
    })
    expect(JSON.parse(ran.stdout)).toEqual([{ reviewer: 'Ada', token: 'a-token-of-20-characters' }])
  })

  it('takes tokens of a team, which are never printed', async () => {
    const tokens = { TOKENS: 'Ben=a-long-token-without-blanks' }
    const token = tokens.TOKENS.slice('Ben='.length)
    const { code, stdout, stderr } = await serve(
      ['--token-file', 'env://TOKENS'],
      async (result, kill) => {
        expect((await signIn(result, token)).status).toBe(303)
        kill('SIGTERM')
      },
      tokens,
    )
    expect(code, stderr).toBe(143)
    expect(stdout + stderr).not.toContain(token)
    expect(stderr).toContain('"reviewer":"Ben"')
  })

  it.each<[string, readonly string[], RegExp]>([
    ['nobody to sign in', ['quarantine', 'serve'], /--approver is missing/],
    ['a key without a policy', [...words, '--policy', 'none.yaml'], /none\.yaml/],
    ['no quarantine', [...words, '--quarantine', 'none.db'], /there is no quarantine/],
    ['a journal that is not there', [...words, '--journal', 'none.db'], /there is no journal/],
    ['a certificate without its key', [...words, '--tls-cert', 'tls.crt'], /go together/],
    ['other machines without an address', [...words, '--listen', '0.0.0.0:0'], /--public-url is missing/],
    [
      'other machines without TLS',
      [...words, '--listen', '0.0.0.0:0', '--public-url', 'https://gate.example'],
      /more than this machine/,
    ],
    ['an address that is none', [...words, '--listen', 'everywhere'], /expected host:port/],
    ['a public address without TLS', [...words, '--public-url', 'http://gate.example'], /needs https/],
    ['a public address that is none', [...words, '--public-url', 'gate.example'], /origins: expected/],
    ['tokens in another form', [...words, '--token-file', 'tokens'], /entry 1 is not of the form name=token/],
  ])('does not start with %s', async (_, line, message) => {
    await writeFile(join(folder, 'tokens'), 'hunter2-hunter2-hunter2\n')
    const { code, stdout, stderr } = await runCommand(folder, line)
    expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(message)
    expect(stderr).not.toContain('hunter2')
  })

  it('tells people where to go, and ends at Ctrl-C', async () => {
    await using terminal = await openTerminal(folder)
    const shown = await terminal.run(words, {
      onStart: ({ look, press }) =>
        void (async () => {
          while (!(await look()).includes('Ctrl-C ends it.'));
          await press('C-c')
        })(),
    })
    expect(shown.code).toBe(130)
    expect(shown.screen).toMatch(/^Review console at http:\/\/127\.0\.0\.1:\d+\/[\w-]{16}\/$/m)
    expect(shown.screen).toMatch(
      // The link is on one line, whatever the width.
      /^Sign in as Ada Lovelace, once, within 10 minutes:\s+http:\S+\/sign-in#code=[\w-]{43}$/m,
    )
    expect(shown.screen).toMatch(/interrupted\. What was in flight was answered\.\s.*\(INTERRUPTED\)$/s)
  })
})
