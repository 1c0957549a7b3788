import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { text } from 'node:stream/consumers'
import { createInterface } from 'node:readline'
import { generateSigningKey } from '@sallyport/attest'
import { createTlsAuthority } from '@sallyport/testkit/tls'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createReviewClient, podReview } from '@sallyport/testkit/kubernetes'
import { runWebhook } from './run-webhook.ts'

const authority = createTlsAuthority()
const { publicKey } = await generateSigningKey()
const policy = {
  version: 1,
  signers: { release: { keys: [publicKey] } },
  rules: [{ name: 'signed', registries: ['prod.example'], require: { signature: { by: 'release' } } }],
}
const configuration = {
  version: 1,
  policy: 'policy.json',
  tls: { certificate: 'tls.crt', key: 'tls.key' },
  listen: { port: 0, host: '127.0.0.1' },
  drainMs: 0,
}

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-run-'))
  const { cert, key } = authority.issue({ name: 'webhook', hosts: ['sallyport-admission.sallyport.svc'] })
  await Promise.all([
    write('tls.crt', cert),
    write('tls.key', key),
    write('policy.json', JSON.stringify(policy)),
    write('webhook.yaml', JSON.stringify(configuration)),
  ])
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const write = (name: string, content: string) => writeFile(join(folder, name), content)

describe('runWebhook', () => {
  it.each<[string, object, RegExp]>([
    ['no policy', { policy: 'gone.yaml' }, /OPTIONS_INVALID .*gone\.yaml can't be read \(ENOENT\)/],
    ['a policy that is none', { policy: 'tls.crt' }, /POLICY_INVALID/],
    [
      'no certificate',
      { tls: { certificate: 'gone', key: 'tls.key' } },
      /CERTIFICATE_INVALID .*gone can't be read/,
    ],
    [
      'a key that is none',
      { tls: { certificate: 'tls.crt', key: 'policy.json' } },
      /CERTIFICATE_INVALID .*together/,
    ],
    ['a field that nobody knows', { polcy: 'x' }, /OPTIONS_INVALID .*polcy/],
    ['a trusted root that is none', { trustedRoot: 'tls.crt' }, /OPTIONS_INVALID .*tls\.crt/],
    ['tokens that are easy to guess', { warmTokens: 'short.txt' }, /OPTIONS_INVALID .*16 characters/],
    [
      'a cluster where there is none',
      { cluster: { pullSecrets: 'all' } },
      /OPTIONS_INVALID .*KUBERNETES_SERVICE_HOST/,
    ],
  ])('says what is wrong with %s', async (_, more, message) => {
    await write('short.txt', 'short\n')
    await write('webhook.yaml', JSON.stringify({ ...configuration, ...more }))
    const failure = await runWebhook({
      configuration: join(folder, 'webhook.yaml'),
      signal: AbortSignal.timeout(20_000),
      env: {},
    }).catch((error: { readonly code: string; readonly message: string }) => error)
    expect(`${failure?.code} ${failure?.message}`).toMatch(message)
  })
})

describe('sallyport-admission', () => {
  const main = fileURLToPath(new URL('main.ts', import.meta.url))
  function run(...args: string[]) {
    const child = spawn(process.execPath, ['--conditions=@sallyport/source', main, ...args], {
      env: { ...process.env, NODE_NO_WARNINGS: '1' },
    })
    return { child, ended: once(child, 'exit'), stderr: text(child.stderr) }
  }

  it('answers reviews until it is told to end, and then what is in flight', async () => {
    const { child, ended, stderr } = run('--config', join(folder, 'webhook.yaml'))
    const events: { readonly type: string; readonly port: number }[] = []
    const listening = Promise.withResolvers<number>()
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = JSON.parse(line) as (typeof events)[number]
      events.push(event)
      if (event.type === 'listening') listening.resolve(event.port)
    })
    try {
      const port = await Promise.race([
        listening.promise,
        ended.then(async () => Promise.reject(new Error(await stderr))),
      ])
      using client = createReviewClient({ port, ca: authority.ca })
      const answer = await client.review('/validate', podReview('evil.example/app:1'))
      expect(answer).toMatchObject({ allowed: false, status: { code: 403 } })
      expect(await client.send('/readyz')).toMatchObject({ status: 200 })
      child.kill('SIGTERM')
      expect(await ended).toEqual([0, null])
      expect(events.map(({ type }) => type)).toEqual(['listening', 'review-answered', 'draining', 'closed'])
    } finally {
      child.kill('SIGKILL')
    }
  })

  it.each([
    [[], 2, /--config FILE/],
    [
      ['--config', '/nowhere.yaml'],
      1,
      /^sallyport-admission: OPTIONS_INVALID: \/nowhere\.yaml can't be read/,
    ],
  ])('with %j ends with %i and says why', async (args, status, message) => {
    const { ended, stderr } = run(...args)
    expect(await ended).toEqual([status, null])
    expect(await stderr).toMatch(message)
  })
})
