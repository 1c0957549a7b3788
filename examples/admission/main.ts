// Runs the code of docs/guides/admission.md: a gate promotes an image, and a webhook lets that one in and no other.
import { strict as assert } from 'node:assert'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { generateSigningKey, keySigner } from '@sallyport/attest'
import { createGate, sqliteJournal, sqliteQuarantine } from '@sallyport/gate'
import { createRegistryClient, parseReference } from '@sallyport/oci'
import { parsePolicy } from '@sallyport/policy'
import { builtinScanner, parseAdvisories } from '@sallyport/scan'
import { createImage, pushImage, startRegistry } from '@sallyport/testkit'
import { createReviewClient, podReview, startClusterDouble } from '@sallyport/testkit/kubernetes'
import { createTlsAuthority } from '@sallyport/testkit/tls'
import { parseAllDocuments } from 'yaml'
import { checkLinks } from '../checks/check-links.ts'
import { checkPackage } from '../checks/check-package.ts'
import { mayRun } from './guide/decide-image.ts'
import { otherControllers } from './guide/other-controllers.ts'
import { startWebhook } from './guide/start-webhook.ts'
import { warmAfterPush } from './guide/warm-after-push.ts'
import { writeManifests } from './guide/write-manifests.ts'

await checkPackage({
  name: 'admission',
  example: import.meta.dirname,
  errorCodes: 'AdmissionErrorCode',
  load: (entry) => import(`@sallyport/admission${entry}`) as Promise<object>,
})
await checkLinks(join(import.meta.dirname, '..', '..', 'docs', 'threats.md'))

const folder = await mkdtemp(join(tmpdir(), 'sallyport-admission-'))
const back = process.cwd()
process.chdir(folder)
try {
  await using build = await startRegistry()
  await using production = await startRegistry()
  await using cluster = await startClusterDouble()
  await using client = createRegistryClient()
  await cp(join(import.meta.dirname, 'documents'), '.', { recursive: true })
  const release = generateSigningKey()
  await writeFile('release.pub', release.publicKey)
  // The documents of the guide, for the registry and the key of this run.
  const policy = (await readFile('admission.yaml', 'utf8'))
    .replace('prod.example', production.host)
    .replace(/-----BEGIN.*END PUBLIC KEY-----/s, release.publicKey.trim().replaceAll('\n', '\n        '))
  await writeFile('admission.yaml', policy)
  const authority = createTlsAuthority()
  const { cert, key } = authority.issue({ name: 'webhook', hosts: ['sallyport-admission.sallyport.svc'] })
  await writeFile('tls.crt', cert)
  await writeFile('tls.key', key)

  // One image goes through the gate, another around it.
  const status =
    'Package: app\nStatus: install ok installed\nArchitecture: all\nVersion: 1.0\nDescription: app\n'
  const imageOf = (text: string) =>
    createImage({
      layers: [
        {
          files: {
            '/etc/os-release': 'ID=debian\nVERSION_ID=12\n',
            '/usr/bin/app': { content: text, mode: 0o755 },
            '/var/lib/dpkg/status': status,
            '/var/lib/dpkg/info/app.list': '/etc/os-release\n/usr/bin/app\n',
          },
        },
      ],
      config: { Entrypoint: ['/usr/bin/app'] },
    })
  await pushImage(client.repository(parseReference(`${build.host}/team/app`)), imageOf('good'), '1')
  await pushImage(client.repository(parseReference(`${production.host}/team/other`)), imageOf('bad'), '1')
  const advisories = await readFile(join(import.meta.dirname, '..', 'demo', 'advisories.json'))
  const rules = await readFile(join(import.meta.dirname, '..', 'gate.yaml'), 'utf8')
  await using journal = sqliteJournal('gate.db')
  await using quarantine = sqliteQuarantine('gate.db')
  await using gate = createGate({
    policy: parsePolicy(rules, { source: 'gate.yaml' }),
    scanners: [builtinScanner({ advisories: parseAdvisories(advisories, { source: 'advisories.json' }) })],
    signer: { evidence: keySigner(generateSigningKey().privateKey), release: keySigner(release.privateKey) },
    journal,
    quarantine,
    harden: true,
  })
  const to = `${production.host}/team/app:1`
  const outcome = await gate.promote({ from: `${build.host}/team/app:1`, to, tier: 'prod' })
  assert.equal(outcome.verdict, 'pass', outcome.verdict === 'error' ? outcome.error.message : '')
  const digest = production.resolve('team/app', '1')!
  const other = `${production.host}/team/other:1`

  // In a program.
  assert.deepEqual(await mayRun(`${production.host}/team/app@${digest}`, 'prod'), [])
  const [reason = ''] = await mayRun(
    `${production.host}/team/other@${production.resolve('team/other', '1')}`,
    'prod',
  )
  assert.match(reason, /^decision-missing: /)

  // Over TLS, as the API server asks.
  await using resources = new AsyncDisposableStack()
  const token = 'a token that nobody guesses'.replaceAll(' ', '-')
  const { url: server, tokenFile, authorityFile } = cluster
  const webhook = await startWebhook(resources, {
    tokens: [token],
    port: 0,
    server,
    tokenFile,
    authorityFile,
  })
  using api = createReviewClient({ port: webhook.port, ca: authority.ca })
  const pushed = { registry: production.host, repository: 'team/app', tag: '1', digest }
  const event = { ...pushed, time: new Date().toISOString(), source: 'gate' }
  assert.equal(warmAfterPush(webhook, event), 1)
  const pinned = await api.review('/mutate', podReview(to))
  assert.equal(pinned.allowed, true)
  const patch = Buffer.from(pinned.patch ?? '', 'base64').toString('utf8')
  assert(patch.includes(`${to}@${digest}`), patch)
  assert.equal((await api.review('/validate', podReview(`${to}@${digest}`))).allowed, true)
  for (const path of ['/mutate', '/validate'] as const) {
    const refused = await api.review(path, podReview(other))
    assert.equal(refused.allowed, false)
    console.log(`${path} refuses ${other}: ${refused.status?.message}`)
  }
  const warm = await api.send('/warm', JSON.stringify({ images: [to] }), {
    headers: { authorization: `Bearer ${token}` },
  })
  assert.equal(warm.status, 202)

  // What is revoked is refused from then on, though it was let in before.
  await writeFile(
    'revoked.yaml',
    JSON.stringify({ version: 1, revocations: [{ digest, reason: 'incident 4711' }] }),
  )
  // The list is read again at most every second.
  const end = Date.now() + 20_000
  let revoked = await api.review('/validate', podReview(`${to}@${digest}`))
  while (revoked.allowed && Date.now() < end) {
    await delay(100)
    revoked = await api.review('/validate', podReview(`${to}@${digest}`))
  }
  assert.match(revoked.status?.message ?? '', /incident 4711/)
  assert.match(
    (await api.send('/metrics')).body,
    /sallyport_admission_reasons_total\{code="digest-revoked"\} 1\n/,
  )

  // Manifests, and policies for others.
  await writeManifests(`registry.example/sallyport-admission@${digest}`)
  assert.match(
    await readFile('deploy/webhooks/validatingwebhookconfiguration.yaml', 'utf8'),
    /failurePolicy: Fail/,
  )
  const policies = await otherControllers(['prod.example/team/app', 'prod.example/team/web'])
  const count = (text: string) => parseAllDocuments(text).length
  assert.deepEqual(Object.values(policies).map(count), [1, 2, 2])
} finally {
  process.chdir(back)
  await rm(folder, { recursive: true, force: true })
}
