// Makes the manifests of this folder, checks them by the schemas of the API, and runs the container that they describe beside
// a gate, a registry and an API server of this process.
import { strict as assert } from 'node:assert'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { chmod, copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Certificate, Issuer } from '@kubernetes-models/cert-manager/cert-manager.io/v1'
import { generateSigningKey } from '@sallyport/attest'
import { createRegistryClient, parseReference } from '@sallyport/oci'
import { pushImage, startRegistry } from '@sallyport/testkit'
import { createReviewClient, podReview, startClusterDouble } from '@sallyport/testkit/kubernetes'
import { createTlsAuthority } from '@sallyport/testkit/tls'
import {
  MutatingWebhookConfiguration,
  ValidatingWebhookConfiguration,
} from 'kubernetes-models/admissionregistration.k8s.io/v1'
import { Deployment } from 'kubernetes-models/apps/v1'
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1'
import { ClusterRole, ClusterRoleBinding } from 'kubernetes-models/rbac.authorization.k8s.io/v1'
import { Namespace, Service, ServiceAccount } from 'kubernetes-models/v1'
import { parse } from 'yaml'
import { checkLinks } from '../checks/check-links.ts'
import { notRun } from '../checks/not-run.ts'
import { type PodSpec, runPod, whyNoPods } from '../checks/run-pod.ts'
import { servePacked } from '../checks/serve-packed.ts'
import { openGate } from '../gate/guide/open-gate.ts'
import { sampleImage, writeSamples } from '../gate/write-samples.ts'
import { readObjects } from './read-objects.ts'

const here = import.meta.dirname
await checkLinks(join(here, 'README.md'))
const execute = promisify(execFile)
const folder = await mkdtemp(join(tmpdir(), 'sallyport-in-cluster-'))
const back = process.cwd()
process.chdir(folder)
try {
  await using build = await startRegistry()
  await using production = await startRegistry()
  await using client = createRegistryClient()
  const release = generateSigningKey()

  // One image goes through the gate, another around it.
  Object.assign(process.env, {
    EVIDENCE_KEY: generateSigningKey().privateKey,
    RELEASE_KEY: release.privateKey,
  })
  await writeSamples()
  const at = (host: string, name: string) => client.repository(parseReference(`${host}/${name}`))
  await pushImage(at(build.host, 'team/app'), sampleImage(), '1')
  await pushImage(at(production.host, 'team/other'), sampleImage({ version: 'other' }), '1')
  {
    await using resources = new AsyncDisposableStack()
    const gate = await openGate(resources)
    const promotion = { from: `${build.host}/team/app:1`, to: `${production.host}/team/app:1`, tier: 'prod' }
    assert.equal((await gate.promote(promotion)).verdict, 'pass')
  }

  // The files of this folder, for the registry and the key of this run.
  for (const name of ['webhook.yaml', 'admission.yaml', 'revoked.yaml']) await cp(join(here, name), name)
  const policy = (await readFile('admission.yaml', 'utf8'))
    .replace('prod.example', production.host)
    .replace(/-----BEGIN.*END PUBLIC KEY-----/s, release.publicKey.trim().replaceAll('\n', '\n        '))
  await writeFile('admission.yaml', policy)
  const image = `prod.example/platform/sallyport-admission@sha256:${'0'.repeat(64)}`
  await execute(process.execPath, [...process.execArgv, join(here, 'write-manifests.ts'), image])

  // Each object is one that the API would take.
  const objects = [
    ...(await readObjects('deploy/base', [
      Certificate,
      ClusterRole,
      ClusterRoleBinding,
      Deployment,
      Issuer,
      Namespace,
      NetworkPolicy,
      PodDisruptionBudget,
      Service,
      ServiceAccount,
    ])),
    ...(await readObjects('deploy/webhooks', [MutatingWebhookConfiguration, ValidatingWebhookConfiguration])),
  ]
  assert.equal(objects.length, 12)
  const find = (kind: string) => objects.find((object) => object.kind === kind) as never
  const { rules } = find('ClusterRole') as { readonly rules: readonly object[] }
  assert.deepEqual(rules, [{ apiGroups: [''], resources: ['namespaces'], verbs: ['get'] }])

  const why = whyNoPods()
  if (why !== undefined) notRun('the container of the webhook', why)
  else {
    // The image: what its Dockerfile installs.
    const local = join(folder, 'local')
    await using packages = await servePacked(local)
    const [, install = ''] =
      /^RUN (npm install .+)$/m.exec(await readFile(join(here, 'Dockerfile'), 'utf8')) ?? []
    await execute('bash', ['-c', install], { env: packages.environment })

    // The volumes: what the ConfigMap of the kustomization holds, and what cert-manager would put into the Secret.
    const { configMapGenerator } = parse(await readFile('deploy/base/kustomization.yaml', 'utf8')) as {
      readonly configMapGenerator: readonly { readonly files: readonly string[] }[]
    }
    const [configuration, certificate, account] = ['configuration', 'certificate', 'account'].map((name) =>
      join(folder, name),
    ) as [string, string, string]
    for (const each of [configuration, certificate, account]) await mkdir(each)
    for (const file of configMapGenerator[0]!.files)
      await copyFile(join('deploy/base', file), join(configuration, file.slice('files/'.length)))
    assert.equal((await readdir(configuration)).length, 3)
    const authority = createTlsAuthority()
    const { cert, key } = authority.issue({ name: 'webhook', hosts: ['sallyport-admission.sallyport.svc'] })
    await writeFile(join(certificate, 'tls.crt'), cert)
    await writeFile(join(certificate, 'tls.key'), key)
    await using cluster = await startClusterDouble()
    await copyFile(cluster.tokenFile, join(account, 'token'))
    await copyFile(cluster.authorityFile, join(account, 'ca.crt'))
    for (const name of ['prod', 'sandbox'])
      cluster.objects.set(`/api/v1/namespaces/${name}`, {
        kind: 'Namespace',
        apiVersion: 'v1',
        metadata: { name, labels: { 'kubernetes.io/metadata.name': name, tier: name } },
      })
    await chmod(folder, 0o755)

    const { spec } = find('Deployment') as {
      readonly spec: { readonly template: { readonly spec: PodSpec } }
    }
    const { hostname, port } = new URL(cluster.url)
    const container = runPod(spec.template.spec, {
      local,
      volumes: { configuration, certificate },
      account,
      environment: { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port },
    })
    let log = ''
    for (const stream of [container.stdout!, container.stderr!])
      stream.setEncoding('utf8').on('data', (text: string) => void (log += text))
    const ended = once(container, 'close') as Promise<[number | null, string | null]>
    try {
      // As the API server asks: over TLS, at the port of the manifest.
      using api = createReviewClient({ port: 8443, ca: authority.ca })
      await readiness(
        () => api.send('/readyz').then(({ status }) => status === 200),
        ended,
        () => log,
      )
      const to = `${production.host}/team/app:1`
      const pinned = await api.review('/mutate', podReview(to))
      assert.equal(pinned.allowed, true, pinned.status?.message)
      const patch = Buffer.from(pinned.patch ?? '', 'base64').toString('utf8')
      const exact = `${to}@${production.resolve('team/app', '1')}`
      assert(patch.includes(exact), patch)
      assert.equal((await api.review('/validate', podReview(exact))).allowed, true)
      const refused = await api.review('/mutate', podReview(`${production.host}/team/other:1`))
      assert.equal(refused.allowed, false)
      console.log(refused.status?.message)
      // No rule is about a namespace with another label: that is no.
      const elsewhere = podReview(to, { namespace: 'sandbox', uid: 'u-2' })
      assert.equal((await api.review('/mutate', elsewhere)).allowed, false)
      assert(cluster.asked.includes('/api/v1/namespaces/prod'))
    } finally {
      container.kill('SIGTERM')
    }
    const [code] = await ended
    assert.equal(code, 0, log)
  }
} finally {
  process.chdir(back)
  await rm(folder, { recursive: true, force: true })
}

/** Waits until the Pod is ready, as its startup probe does. */
async function readiness(
  isReady: () => Promise<boolean>,
  ended: Promise<unknown>,
  log: () => string,
): Promise<void> {
  let isOver = false
  void ended.then(() => (isOver = true))
  const end = Date.now() + 60_000
  while (!(await isReady().catch(() => false))) {
    if (isOver || Date.now() > end) throw new Error(`the container does not get ready: ${log()}`)
    await delay(100)
  }
}
