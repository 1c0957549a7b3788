// Runs the code of docs/guides/gate.md and docs/guides/operating.md between two registries in this process.
import { strict as assert } from 'node:assert'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import {
  decisionResource,
  generateSigningKey,
  keySigner,
  parseTrustedRoot,
  verifyImage,
} from '@sallyport/attest'
import type { Digest } from '@sallyport/core'
import {
  createGate,
  type Journal,
  type PushEvent,
  type QuarantineStore,
  sqliteJournal,
  sqliteQuarantine,
} from '@sallyport/gate'
import { createRegistryClient, parseReference } from '@sallyport/oci'
import { explain, parsePolicy, type Policy } from '@sallyport/policy'
import { pushImage, startRegistry } from '@sallyport/testkit'
import { githubClaims, startSigstore } from '@sallyport/testkit/sigstore'
import { checkDocuments } from './check-documents.ts'
import { approveImage } from './guide/approve-image.ts'
import { listQuarantine } from './guide/list-quarantine.ts'
import { openGate } from './guide/open-gate.ts'
import { openKeylessGate } from './guide/open-keyless-gate.ts'
import { mountConsole } from './guide/mount-console.ts'
import { promoteAtPush } from './guide/promote-at-push.ts'
import { promoteList } from './guide/promote-list.ts'
import { promoteRelease } from './guide/promote-release.ts'
import { readRecords } from './guide/read-records.ts'
import { rollBack } from './guide/roll-back.ts'
import { workflow } from './guide/workflow.ts'
import { serveConsole } from './guide/serve-console.ts'
import { backUp } from './operating/back-up.ts'
import { sampleImage, writeSamples } from './write-samples.ts'

await checkDocuments()

const folder = await mkdtemp(join(tmpdir(), 'sallyport-gate-'))
const back = process.cwd()
process.chdir(folder)
await using build = await startRegistry()
await using production = await startRegistry()
await using client = createRegistryClient()
const release = generateSigningKey()

async function push(name: string, image = sampleImage()): Promise<Digest> {
  const reference = parseReference(`${build.host}/${name}`)
  await pushImage(client.repository(reference), image, reference.tag ?? 'latest')
  return image.raw.descriptor.digest
}

/** Runs a program of the guide as a job does; returns its exit code and what it printed. */
async function run(program: string, ...parameters: readonly string[]): Promise<[number, string]> {
  const file = join(import.meta.dirname, 'guide', program)
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, file, ...parameters])
    return [0, stdout]
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return [code, stdout + stderr]
  }
}

/** Looks at what waits through a console of this machine, and through one that is part of a platform. */
async function reviewInBrowser(
  quarantine: QuarantineStore,
  journal: Journal,
  policy: Policy,
  id: string,
): Promise<void> {
  const { server, link } = await serveConsole(quarantine, journal, policy)
  await using _ = server
  const { origin, pathname, hash } = new URL(link)
  const secret = hash.replace('#code=', '')
  const signedIn = await fetch(origin + pathname, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin },
    body: new URLSearchParams({ next: '', secret }),
  })
  const cookie = signedIn.headers.getSetCookie().join().split(';')[0] ?? ''
  const page = await (await fetch(new URL(`entries/${id}`, link), { headers: { cookie } })).text()
  assert.match(page, /CVE-2026-0002/)
  assert.match(page, /Approve for a time/)

  const approval = {
    signer: keySigner(generateSigningKey().privateKey),
    terms: (tier: string) => policy.tiers.get(tier)?.waivers,
  }
  const whoIs = async (cookies: string) => (cookies === 'platform=ada' ? 'Ada Lovelace' : undefined)
  const platform = createServer(mountConsole(quarantine, approval, whoIs)).listen(0, '127.0.0.1')
  await once(platform, 'listening')
  const ask = (headers: Record<string, string>) =>
    new Promise<number | undefined>((resolve, reject) => {
      const { port } = platform.address() as AddressInfo
      const host = 'platform.example'
      get({ port, host: '127.0.0.1', path: '/review/', headers: { host, ...headers } }, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      }).once('error', reject)
    })
  assert.equal(await ask({}), 401)
  assert.equal(await ask({ cookie: 'platform=ada' }), 200)
  platform.close().closeAllConnections()
}

const places = (name: string) => [`${build.host}/${name}`, `${production.host}/${name}`] as const
const digestAt = (name: string) => {
  const [repository = '', tag = ''] = name.split(':')
  return production.resolve(repository, tag)
}

try {
  await writeSamples()

  // A job; what only plans has no keys.
  await push('team/app:1')
  const [planned, plan] = await run('plan.ts', ...places('team/app:1'))
  assert.equal(planned, 0, plan)
  assert.match(plan, /would move/)
  assert.equal(digestAt('team/app:1'), undefined)
  process.env['EVIDENCE_KEY'] = generateSigningKey().privateKey
  process.env['RELEASE_KEY'] = release.privateKey
  const [passed, text] = await run('gate.ts', ...places('team/app:1'))
  assert.equal(passed, 0, text)
  const first = digestAt('team/app:1')
  assert(first)
  await push('team/app:1', sampleImage({ tool: true }))
  const [failed, why] = await run('gate.ts', ...places('team/app:1'))
  assert.equal(failed, 1, why)
  assert.match(why, /CVE-2026-0002/)
  assert.match(await readFile('decision.md', 'utf8'), /CVE-2026-0002/)
  assert.equal(JSON.parse(await readFile('decision.sarif', 'utf8')).runs[0].results.length, 1)
  assert.equal(digestAt('team/app:1'), first)
  const [broken, message] = await run('gate.ts', ...places('team/none:1'))
  assert.equal(broken, 2, message)

  // Without keys, as the job of a token; a token of another one is of no use.
  {
    await using sigstore = await startSigstore()
    await writeFile('signing_config.json', JSON.stringify(sigstore.signingConfig))
    await writeFile('trusted_root.json', JSON.stringify(sigstore.trustedRoot))
    const tokenOf = (branch: string) =>
      sigstore.issueToken({
        claims: githubClaims({
          repository: 'team/app',
          workflow: '.github/workflows/promote.yml',
          ref: `refs/heads/${branch}`,
        }),
      })
    process.env['SIGSTORE_ID_TOKEN'] = tokenOf('feature')
    const identity = { issuer: sigstore.oidcUrl, subject: workflow.subject }
    await push('team/keyless:1')
    const [from, to] = places('team/keyless:1')
    await using resources = new AsyncDisposableStack()
    const gate = await openKeylessGate(resources, identity)
    const stranger = await gate.promote({ from, to, tier: 'prod' })
    assert.equal(stranger.verdict, 'error')
    assert.equal(digestAt('team/keyless:1'), undefined)
    process.env['SIGSTORE_ID_TOKEN'] = tokenOf('main')
    const { verdict } = await gate.promote({ from, to, tier: 'prod' })
    assert.equal(verdict, 'pass')
    const { verdict: verified } = await verifyImage(client.repository(parseReference(to)), '1', {
      requirements: [{ kind: 'signature', by: { identities: [identity] } }],
      root: parseTrustedRoot(await readFile('trusted_root.json')),
    })
    assert.equal(verified, 'pass')
    delete process.env['SIGSTORE_ID_TOKEN']
  }

  // The quarantine: list, approve, promote again.
  {
    await using resources = new AsyncDisposableStack()
    const { quarantine, journal } = (await openGate(resources)).context
    const lines = await listQuarantine(quarantine)
    assert.equal(lines.length, 1)
    const id = lines[0]!.slice(0, 32)
    assert(existsSync(`${id}.html`))
    const policy = parsePolicy(await readFile('gate.yaml', 'utf8'), { source: 'gate.yaml' })
    await reviewInBrowser(quarantine, journal, policy, id)
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
    const { status } = await approveImage(quarantine, policy, id, tomorrow)
    assert.equal(status.state, 'approved')
  }
  const [approved, after] = await run('gate.ts', ...places('team/app:1'))
  assert.equal(approved, 0, after)
  assert.notEqual(digestAt('team/app:1'), first)

  await using resources = new AsyncDisposableStack()
  const gate = await openGate(resources)

  // Back.
  const earlier = await rollBack(gate, places('team/app:1')[1])
  assert.equal(earlier.verdict, 'pass')
  assert.equal(digestAt('team/app:1'), first)
  const records = await readRecords(gate.context.journal, places('team/app:1')[1])
  assert.equal(records.length, 3)
  assert.match(records.join('\n'), /it crashes under load/)

  // Many.
  await push('team/one:1', sampleImage({ version: 'one' }))
  await push('team/two:1', sampleImage({ version: 'two', tool: true }))
  const stopped = await promoteList(gate, ['one:1', 'two:1'], places('team'))
  assert.deepEqual([...stopped.keys()], ['two:1'])
  for (const part of ['api', 'web'])
    await push(`shop/${part}:2`, sampleImage({ version: part, tool: part === 'web' }))
  const held = await promoteRelease(gate, '2', ['api', 'web'], places('shop'))
  assert.match(held.join('\n'), /^api: RELEASE_STOPPED\nweb: /)
  assert.equal(digestAt('shop/api:2'), undefined)
  await push('shop/web:2', sampleImage({ version: 'web' }))
  assert.deepEqual(await promoteRelease(gate, '2', ['api', 'web'], places('shop')), [])
  assert(digestAt('shop/api:2') && digestAt('shop/web:2'))

  // A copy of journal and quarantine, in the place of the file that is lost.
  await backUp('.gate/gate.db', 'copy.db')
  {
    await using copy = sqliteJournal('copy.db')
    assert.equal((await readRecords(copy, places('team/app:1')[1])).length, 3)
    await using stopped = sqliteQuarantine('copy.db')
    assert.equal((await listQuarantine(stopped)).length, 1)
  }

  // In audit, under a tier of its own: what prod stops is promoted, and nobody who asks for prod lets it in.
  const trial = parsePolicy(await readFile(join(import.meta.dirname, 'operating', 'trial.yaml'), 'utf8'), {
    source: 'trial.yaml',
  })
  await using tolerant = createGate({ ...gate.context, policy: trial })
  await push('team/old:1', sampleImage({ version: 'old', tool: true }))
  const [from, to] = places('team/old:1')
  assert.equal((await tolerant.promote({ from, to, tier: 'prod' })).verdict, 'fail')
  const told = await tolerant.promote({ from, to, tier: 'trial' })
  assert.equal(told.verdict, 'pass')
  assert.match(explain(told.decision!), /AUDIT {2}no critical/)
  const asks = async (tier: string) => {
    const by = { keys: [release.publicKey] }
    const verifiers = [{ id: `https://sallyport.dev/gate/${tier}`, by }]
    return await verifyImage(gate.context.repository(parseReference(to)), '1', {
      requirements: [{ kind: 'vsa', verifiers, resourceUri: decisionResource(to.replace(/:1$/, '')) }],
    })
  }
  assert.equal((await asks('trial')).allow, true)
  assert.equal((await asks('prod')).allow, false)

  // Another release key: the same promotion again is signed anew, at the same digest.
  const next = generateSigningKey()
  const { evidence } = gate.context.signer
  const signer = { evidence, release: keySigner(next.privateKey) }
  await using rotated = createGate({ ...gate.context, signer })
  const [one, live] = places('team/one:1')
  const before = digestAt('team/one:1')
  const repository = gate.context.repository(parseReference(live))
  const signed = async () =>
    await verifyImage(repository, '1', {
      requirements: [{ kind: 'signature', by: { keys: [next.publicKey] } }],
    })
  assert.equal((await signed()).allow, false)
  assert.equal((await rotated.promote({ from: one, to: live, tier: 'prod' })).verdict, 'pass')
  assert.equal((await signed()).allow, true)
  assert.equal(digestAt('team/one:1'), before)

  // Frozen.
  const windows = await readFile(join(import.meta.dirname, 'documents', 'freeze.yaml'), 'utf8')
  assert.equal(parsePolicy(windows, { source: 'freeze.yaml' }).tiers.get('prod')?.freeze.length, 1)
  const now = new Date().toISOString()
  await writeFile('gate.yaml', windows.replace('2026-12-20', now).replace('2027-01-02', '2999-01-01'))
  await push('team/three:1', sampleImage({ version: 'three' }))
  const [frozen, until] = await run('gate.ts', ...places('team/three:1'))
  assert.equal(frozen, 2)
  assert.match(until, /^FROZEN: /m)

  // At push.
  const digest = await push('build/four:1', sampleImage({ version: 'four' }))
  const event: PushEvent = {
    registry: build.host,
    repository: 'build/four',
    tag: '1',
    digest,
    time: now,
    source: 'example',
  }
  await promoteAtPush(gate, `${production.host}/live`, tell(event))
  assert(digestAt('live/four:1'))
} finally {
  process.chdir(back)
  await rm(folder, { recursive: true, force: true })
}

async function* tell(...events: readonly PushEvent[]): AsyncGenerator<PushEvent> {
  yield* events
}
