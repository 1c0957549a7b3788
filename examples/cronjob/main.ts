// Checks the manifests of this folder by the schemas of the API, and runs the containers that they describe beside a registry
// and an API server of this process: an audit of two nights, and the containers of a node before and after somebody got in.
import { strict as assert } from 'node:assert'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, copyFile, cp, mkdir, mkdtemp, readFile, rm, rmdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import process from 'node:process'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { createRegistryClient, dockerAuthCredentials } from '@sallyport/oci'
import { pushImage, startRegistry } from '@sallyport/testkit'
import { startClusterDouble } from '@sallyport/testkit/kubernetes'
import { CronJob } from 'kubernetes-models/batch/v1'
import { ClusterRole, ClusterRoleBinding } from 'kubernetes-models/rbac.authorization.k8s.io/v1'
import { Namespace, PersistentVolumeClaim, ServiceAccount } from 'kubernetes-models/v1'
import { prepareContainer } from '../../test/cli/container.ts'
import { prepare } from '../../test/cli/prepare.ts'
import { startContainer } from '../../test/drift/start-container.ts'
import { checkLinks } from '../checks/check-links.ts'
import { notRun } from '../checks/not-run.ts'
import { type PodSpec, runPod, whyNoPods } from '../checks/run-pod.ts'
import { servePacked } from '../checks/serve-packed.ts'
import { sampleImage } from '../gate/write-samples.ts'
import { readObjects } from '../in-cluster-webhook/read-objects.ts'

const here = import.meta.dirname
await checkLinks(join(here, 'README.md'))

// Each object is one that the API would take; who runs in them may do no more than it has to.
const models = [ClusterRole, ClusterRoleBinding, CronJob, Namespace, PersistentVolumeClaim, ServiceAccount]
const objects = (await readObjects(join(here, 'deploy'), models)) as unknown as readonly (Job & Named)[]
assert.equal(objects.length, 8)
const { rules } = objects.find(({ kind }) => kind === 'ClusterRole') as unknown as { readonly rules: unknown }
assert.deepEqual(rules, [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }])
const podOf = (name: string): PodSpec => {
  const job = objects.find(({ kind, metadata }) => kind === 'CronJob' && metadata.name === name)
  assert(job)
  return job.spec.jobTemplate.spec.template.spec
}
for (const name of ['audit', 'drift-check'])
  for (const { resources } of podOf(name).containers as readonly {
    readonly resources?: { limits?: object }
  }[])
    assert(resources?.limits, `${name} has no limit`)

interface Named {
  readonly kind: string
  readonly metadata: { readonly name: string }
}
interface Job {
  readonly spec: {
    readonly jobTemplate: { readonly spec: { readonly template: { readonly spec: PodSpec } } }
  }
}

const why = whyNoPods()
if (why === undefined) await runJobs()
else notRun('the containers of the CronJobs', why)

async function runJobs(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-cronjob-'))
  await using resources = new AsyncDisposableStack()
  resources.defer(() => rm(folder, { recursive: true, force: true }))
  await chmod(folder, 0o755)

  // Production wants a password: the gate writes with one, the jobs read with another.
  const users = [
    { username: 'gate', password: 'writes' },
    { username: 'reader', password: 'reads', grants: [{ repository: '*', actions: ['pull'] as const }] },
  ]
  const production = resources.use(await startRegistry({ auth: { users } }))
  const loginOf = (of: string) => ({
    auths: { [production.host]: { auth: Buffer.from(of).toString('base64') } },
  })
  const volume = async (name: string, mode = 0o755): Promise<string> => {
    const path = join(folder, 'volumes', name)
    await mkdir(path, { recursive: true })
    await chmod(path, mode)
    return path
  }
  const [gate, registry, account] = [await volume('gate'), await volume('registry'), await volume('account')]
  const project = join(folder, 'project')
  await mkdir(join(project, '.docker'), { recursive: true })
  const prepared = resources.use(await prepare(project))
  await writeFile(join(project, '.docker', 'config.json'), JSON.stringify(loginOf('gate:writes')))
  await writeFile(join(registry, 'config.json'), JSON.stringify(loginOf('reader:reads')))
  await cp(join(here, 'deploy', 'files', 'terms.yaml'), join(gate, 'terms.yaml'))
  for (const name of ['release.pub', 'evidence.pub']) await cp(join(project, name), join(gate, name))

  // What is in production: an image that the gate promoted, with the list of its files.
  const at = { ...prepared, production, to: (name: string) => `${production.host}/${name}` }
  const { rootfs } = await prepareContainer(at)

  // The image: what its Dockerfile installs and copies.
  const local = join(folder, 'local')
  await using packages = await servePacked(local)
  for (const [, instruction, words = ''] of (await readFile(join(here, 'Dockerfile'), 'utf8')).matchAll(
    /^(RUN|COPY) (.+)$/gm,
  )) {
    const command = words.replaceAll('/usr/local', local)
    if (instruction === 'COPY') {
      const [from = '', to = ''] = command.split(' ')
      await cp(join(here, '..', from), to.endsWith('/') ? join(to, basename(from)) : to, { recursive: true })
    } else await promisify(execFile)('bash', ['-c', command], { cwd: folder, env: packages.environment })
  }

  /** Runs a job as its manifest says, with the registry of this run; resolves with its exit code and what it printed. */
  const run = async (name: string, volumes: Readonly<Record<string, string>>, environment = {}) => {
    const spec = JSON.parse(
      JSON.stringify(podOf(name)).replaceAll('prod.example"', `${production.host}"`),
    ) as PodSpec
    const child = runPod(spec, { local, volumes, account, environment })
    const ended = once(child, 'close')
    const output = await Promise.all([text(child.stdout!), text(child.stderr!)])
    const [code] = (await ended) as [number | null]
    return [code, output.join('')] as const
  }

  // The audit, in two nights: in between somebody pushed past the gate.
  const results = await volume('results', 0o777)
  const audit = () => volume('tmp', 0o777).then((tmp) => run('audit', { gate, registry, results, tmp }))
  const [clean, first] = await audit()
  assert.equal(clean, 0, first)
  await using client = createRegistryClient({
    credentials: dockerAuthCredentials([{ text: JSON.stringify(loginOf('gate:writes')), source: 'gate' }]),
  })
  await pushImage(
    client.repository({ registry: production.host, repository: 'team/other' }),
    sampleImage(),
    '1',
  )
  const [flagged, second] = await audit()
  assert.equal(flagged, 1, second)
  assert.match(await readFile(join(results, 'audit.html'), 'utf8'), /team\/other/)

  // The containers of a node.
  const hierarchy = ['pids', 'systemd', 'memory', '.']
    .map((part) => join('/sys/fs/cgroup', part))
    .find((path) => existsSync(join(path, 'cgroup.procs')))
  if (process.getuid?.() !== 0 || hierarchy === undefined)
    return notRun('drift-check', 'it takes root, and control groups')
  const container = resources.use(await startContainer(rootfs, folder))
  const id = randomBytes(32).toString('hex')
  // As a runtime would: the container's id is in the name of its group.
  await mkdir(join(hierarchy, id))
  const enter = (group: string) => writeFile(join(group, 'cgroup.procs'), String(container.pid))
  resources.defer(() => enter(hierarchy).then(() => rmdir(join(hierarchy, id))))
  await enter(join(hierarchy, id))
  await using cluster = await startClusterDouble()
  await copyFile(cluster.tokenFile, join(account, 'token'))
  await copyFile(cluster.authorityFile, join(account, 'ca.crt'))
  const imageID = `${at.to('ready/listed')}@${production.resolve('ready/listed', '1')}`
  cluster.objects.set('/api/v1/pods?fieldSelector=spec.nodeName%3Dnode-1', {
    items: [
      {
        metadata: { namespace: 'shop', name: 'listed-1' },
        spec: { containers: [{ name: 'main', volumeMounts: [] }] },
        status: {
          containerStatuses: [
            { name: 'main', containerID: `containerd://${id}`, imageID, state: { running: {} } },
          ],
        },
      },
    ],
  })
  const { hostname, port } = new URL(cluster.url)
  const written = await volume('drift')
  const drift = () =>
    run(
      'drift-check',
      { gate, registry, results: written },
      { NODE_NAME: 'node-1', KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port },
    )
  const [before, told] = await drift()
  const lines = async () =>
    (await readFile(join(written, 'drift.ndjson'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).verdict)
  assert.equal(before, 0, told)
  assert.deepEqual(await lines(), ['clean'])
  await writeFile(join(container.root, 'bin', 'miner'), '#!/bin/sh\n', { mode: 0o755 })
  const [after, found] = await drift()
  assert.equal(after, 1, found)
  assert.match(found, /\/bin\/miner/)
  assert.deepEqual(await lines(), ['clean', 'drifted'])
}
