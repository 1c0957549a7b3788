import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createReviewClient, podReview } from '@sallyport/testkit/kubernetes'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeWebhook } from './cases.ts'
import { type Prepared, prepare } from './prepare.ts'
import { runCommand } from './run-command.ts'

let folder: string
let at: Prepared

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-admission-'))
  at = await prepare(folder)
})

afterAll(async () => {
  await at[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

/** Serves until `use` has ended and the signals were sent. */
async function serve(
  drainMs: number,
  use: (webhook: { readonly port: number; kill(signal: NodeJS.Signals): void; told: Told }) => Promise<void>,
) {
  const { files, ca } = writeWebhook(at, { drainMs })
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
  let kill: (signal: NodeJS.Signals) => void = () => {}
  const waiting = new Map<string, (event: Event) => void>()
  const told: Told = (type) => new Promise((resolve) => void waiting.set(type, resolve))
  const listening = told('listening')
  let rest = ''
  const ended = runCommand(folder, ['admission', 'serve', 'webhook.yaml'], {
    onStart: (way) => void (kill = way),
    onError(text) {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines.filter((each) => each.startsWith('{'))) {
        const event = JSON.parse(line) as Event
        waiting.get(event.type)?.(event)
      }
    },
  })
  const { port = 0 } = await Promise.race([
    listening,
    ended.then(({ stderr }) => Promise.reject(new Error(stderr))),
  ])
  await use({ port, kill: (signal) => kill(signal), told })
  return { ...(await ended), ca }
}

interface Event {
  readonly type: string
  readonly port?: number
}
type Told = (type: string) => Promise<Event>

describe('sallyport admission serve', () => {
  it('answers reviews, and ends in order when it is told to', async () => {
    const image = await at.push('team/app:1')
    const promoted = await runCommand(folder, ['promote', image, at.to('ready/app:1')])
    expect(promoted, promoted.stderr).toMatchObject({ code: 0 })
    const digest = at.production.resolve('ready/app', '1')
    const { code, stdout, stderr } = await serve(0, async ({ port, kill }) => {
      using client = createReviewClient({ port, ca: writeWebhook(at, { drainMs: 0 }).ca })
      const good = await client.review('/validate', podReview(`${at.to('ready/app')}@${digest}`))
      expect(good).toMatchObject({ allowed: true })
      const bad = await client.review('/validate', podReview('evil.example/app:1'))
      expect(bad).toMatchObject({ allowed: false, status: { code: 403 } })
      kill('SIGTERM')
    })
    expect({ code, stdout }, stderr).toEqual({ code: 143, stdout: '' })
    const events = stderr.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []))
    expect(events.map(({ type }: Event) => type)).toEqual([
      'listening',
      'review-answered',
      'review-answered',
      'draining',
      'closed',
    ])
    expect(stderr).toMatch(/interrupted\. What was in flight was answered\. .*\(INTERRUPTED\)\n$/)
  })

  it('ends at once when it is interrupted again', async () => {
    const started = performance.now()
    const { code, stderr } = await serve(60_000, async ({ kill, told }) => {
      const draining = told('draining')
      kill('SIGINT')
      await draining
      kill('SIGINT')
    })
    expect(code, stderr).toBe(130)
    expect(stderr).not.toMatch(/INTERRUPTED|closed/)
    expect(performance.now() - started).toBeLessThan(50_000)
  })
})

describe('sallyport admission check', () => {
  const check = async (policy: string) => {
    const words = ['admission', 'check', at.to('ready/app:1'), '--admission-policy', policy, '--json']
    const { code, stdout } = await runCommand(folder, words)
    const { verdict, error, result } = JSON.parse(stdout) as {
      readonly verdict: string
      readonly error?: { readonly code: string }
      readonly result: { readonly decision: string; readonly admitted: boolean }
    }
    return { code, verdict, error: error?.code, decision: result.decision, admitted: result.admitted }
  }

  it('does not pass what the policy only warns about', async () => {
    const { 'admission.yaml': written = '' } = writeWebhook(at, { drainMs: 0 }).files
    const policy = JSON.parse(written) as { readonly rules: readonly object[] }
    const rules = policy.rules.map((rule) => ({ ...rule, mode: 'warn', registries: ['other.example'] }))
    await writeFile(join(folder, 'warn.yaml'), JSON.stringify({ ...policy, rules }))
    expect(await check('warn.yaml')).toEqual({ code: 1, verdict: 'fail', decision: 'deny', admitted: true })
  })

  it('is an error where the registry does not answer', async () => {
    at.production.setRequestHook(() => ({ type: 'respond', status: 503 }))
    try {
      expect(await check('admission.yaml')).toEqual({
        code: 2,
        verdict: 'error',
        error: 'UNJUDGED',
        decision: 'error',
        admitted: false,
      })
    } finally {
      at.production.setRequestHook(undefined)
    }
  })
})
