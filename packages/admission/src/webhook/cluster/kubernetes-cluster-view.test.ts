import { writeFile } from 'node:fs/promises'
import type { Credentials } from '@sallyport/oci'
import { createTlsAuthority } from '@sallyport/testkit/tls'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PullContext } from '../../ports/cluster-view.ts'
import { type ClusterDouble, startClusterDouble } from '@sallyport/testkit/kubernetes'
import { kubernetesClusterView, type KubernetesClusterViewOptions } from './kubernetes-cluster-view.ts'

let cluster: ClusterDouble
let resources: AsyncDisposableStack
let elapsed: number
beforeEach(async () => {
  resources = new AsyncDisposableStack()
  cluster = resources.use(await startClusterDouble())
  elapsed = 0
  put('secrets/pull', secret('prod.example', 'wide'))
  put('secrets/app', secret('prod.example/team/app', 'narrow'))
  put('secrets/old', secret('old.example', 'old', 'kubernetes.io/dockercfg'))
  put('secrets/opaque', { ...secret('prod.example', 'opaque'), type: 'Opaque' })
  put('secrets/broken', { ...secret('prod.example', 'x'), data: { '.dockerconfigjson': 'aHVudGVyMg==' } })
  put('serviceaccounts/default', { imagePullSecrets: [{ name: 'pull' }] })
  put('serviceaccounts/plain', {})
})
afterEach(() => resources.disposeAsync())

function put(path: string, object: object): void {
  cluster.objects.set(`/api/v1/namespaces/prod/${path}`, object)
}

function secret(host: string, username: string, type = 'kubernetes.io/dockerconfigjson') {
  const auths = { [host]: { username, password: `password of ${username}` } }
  const [key, content] = type.endsWith('json') ? ['.dockerconfigjson', { auths }] : ['.dockercfg', auths]
  const data = { [key]: Buffer.from(JSON.stringify(content)).toString('base64') }
  return { metadata: { resourceVersion: `of ${username}` }, type, data }
}

function open(options: Partial<KubernetesClusterViewOptions> = {}) {
  const { url: server, tokenFile, authorityFile } = cluster
  return resources.use(
    kubernetesClusterView({
      server,
      tokenFile,
      authorityFile,
      pullSecrets: 'all',
      elapsedMs: () => elapsed,
      ...options,
    }),
  )
}

const signal = AbortSignal.timeout(60_000)
const pod = (...imagePullSecrets: string[]): PullContext => ({ namespace: 'prod', imagePullSecrets })

async function userAt(
  view: ReturnType<typeof open>,
  context: PullContext,
  repository = 'team/app',
  registry = 'prod.example',
) {
  const found = await view.pullCredentials(context, { signal })
  const credentials: Credentials | undefined = await found?.provider.find({ registry, repository })
  return credentials?.type === 'password' ? credentials.username : undefined
}

describe('pullCredentials', () => {
  it.each<[string, PullContext, string | undefined, string[]]>([
    ['those that the Pod names', pod('pull'), 'wide', []],
    ['the most specific path of several', pod('pull', 'app'), 'narrow', []],
    ['those of the service account when the Pod names none', pod(), 'wide', []],
    ['none of an account without', { ...pod(), serviceAccountName: 'plain' }, undefined, []],
    ['none of an account that is not there', { ...pod(), serviceAccountName: 'gone' }, undefined, []],
    ['what is there when one is not', pod('gone', 'pull'), 'wide', []],
    ['nothing of a Secret of another type', pod('opaque'), undefined, []],
    ['the older form', pod('old'), 'old', ['x', 'old.example']],
    ['nothing for another host', pod('pull'), undefined, ['team/app', 'evil.example']],
    ['nothing for a host that ends like it', pod('pull'), undefined, ['team/app', 'not-prod.example']],
    ['nothing without a namespace', { imagePullSecrets: ['pull'] }, undefined, []],
  ])('gives %s', async (_, context, user, place) => {
    expect(await userAt(open(), context, ...place)).toBe(user)
  })

  it('names whose they are, by version', async () => {
    const found = await open().pullCredentials(pod('pull', 'app'), { signal })
    expect(found?.scope).toBe('prod/pull@of wide,app@of narrow')
  })

  it('asks the fallback for what the secrets do not hold', async () => {
    const fallback = { find: async () => ({ type: 'password', username: 'cloud', password: 'x' }) as const }
    const view = open({ fallback })
    expect(await userAt(view, pod('pull'), 'x', 'cloud.example')).toBe('cloud')
    expect(await userAt(view, pod('pull'))).toBe('wide')
  })

  it('reads Secrets only where it may', async () => {
    expect(await userAt(open({ pullSecrets: 'none' }), pod('pull'))).toBeUndefined()
    expect(await userAt(open({ pullSecrets: ['stage'] }), pod('pull'))).toBeUndefined()
    expect(cluster.asked).toEqual([])
    expect(await userAt(open({ pullSecrets: ['prod'] }), pod('pull'))).toBe('wide')
  })

  it('reads once for all who ask, and again after a while', async () => {
    const view = open()
    await Promise.all(Array.from({ length: 50 }, () => userAt(view, pod('pull'))))
    expect(cluster.asked).toHaveLength(1)
    elapsed = 29_000
    put('secrets/pull', secret('prod.example', 'rotated'))
    expect(await userAt(view, pod('pull'))).toBe('wide')
    elapsed = 30_000
    expect(await userAt(view, pod('pull'))).toBe('rotated')
  })

  it.each(['../../../secrets', 'a/b', 'a?b', '', 'A', '..', 'a'.repeat(254), 'a%2f'])(
    'makes no path of a name like %j',
    async (name) => {
      await expect(open().pullCredentials(pod(name), { signal })).rejects.toMatchObject({
        code: 'CLUSTER_UNAVAILABLE',
      })
      await expect(open().namespaceLabels(name, { signal })).rejects.toMatchObject({
        code: 'CLUSTER_UNAVAILABLE',
      })
      expect(cluster.asked).toEqual([])
    },
  )

  it('refuses more secrets than a Pod has', async () => {
    const names = Array.from({ length: 21 }, (_, at) => `s${at}`)
    await expect(open().pullCredentials(pod(...names), { signal })).rejects.toMatchObject({
      code: 'CLUSTER_UNAVAILABLE',
    })
  })

  it('says nothing of the content of a Secret that is broken', async () => {
    const failure = await open()
      .pullCredentials(pod('broken'), { signal })
      .catch((error: unknown) => error as Error)
    expect(failure).toMatchObject({
      code: 'CREDENTIALS_UNREADABLE',
      message: expect.stringContaining('prod/broken') as string,
    })
    expect(String(failure)).not.toContain('hunter2')
  })
})

describe('the API server', () => {
  const path = '/api/v1/namespaces/prod/secrets/pull'
  it.each<[string, () => void]>([
    ['refuses the right', () => cluster.forbidden.add(path)],
    ['fails', () => (cluster.fault = () => ({ status: 500, body: '{}' }))],
    ['is overloaded', () => (cluster.fault = () => ({ status: 429, body: '{}' }))],
    ['answers no JSON', () => (cluster.fault = () => ({ status: 200, body: '<html>' }))],
    ['answers another form', () => (cluster.fault = () => ({ status: 200, body: '{"metadata":[]}' }))],
    ['answers without end', () => (cluster.fault = () => ({ status: 200, body: ' '.repeat(3 << 20) }))],
    [
      'sends elsewhere',
      () => (cluster.fault = () => ({ status: 302, body: '', location: 'https://evil.example/' })),
    ],
    ['does not know the token', () => (cluster.token = 'other')],
  ])('that %s makes an error, and answers again without a restart', async (_, break_) => {
    const view = open()
    const token = cluster.token
    break_()
    const failure = await view
      .pullCredentials(pod('pull'), { signal })
      .catch((error: unknown) => error as Error)
    expect(failure).toMatchObject({ code: 'CLUSTER_UNAVAILABLE' })
    expect(String(failure)).not.toMatch(/token|password/)
    cluster.forbidden.clear()
    cluster.fault = () => undefined
    cluster.token = token
    expect(await userAt(view, pod('pull'))).toBe('wide')
  })

  it('that nobody vouches for gets no token', async () => {
    await writeFile(cluster.authorityFile, createTlsAuthority().ca)
    await expect(open().pullCredentials(pod('pull'), { signal })).rejects.toMatchObject({
      code: 'CLUSTER_UNAVAILABLE',
    })
    expect(cluster.asked).toEqual([])
  })

  it('gets the token that is in the file now', async () => {
    const view = open({ keepMs: 0 })
    expect(await userAt(view, pod('pull'))).toBe('wide')
    cluster.token = 'second-token'
    await expect(userAt(view, pod('pull'))).rejects.toMatchObject({ code: 'CLUSTER_UNAVAILABLE' })
    await writeFile(cluster.tokenFile, 'second-token')
    expect(await userAt(view, pod('pull'))).toBe('wide')
  })

  it('is waited for no longer than the caller wants', async () => {
    const stop = new AbortController()
    const view = open()
    cluster.fault = () => {
      stop.abort(new Error('enough'))
      return undefined
    }
    await expect(view.pullCredentials(pod('pull'), { signal: stop.signal })).rejects.toThrow('enough')
  })

  it.each([
    [{}, /KUBERNETES_SERVICE_HOST/],
    [{ server: 'http://127.0.0.1' }, /https/],
    [{ server: 'nonsense' }, /https/],
  ])('is found by the environment or given: %j', (options, message) => {
    expect(() => kubernetesClusterView({ env: {}, ...options })).toThrow(message)
  })

  it('is found by the environment', async () => {
    const [, host, port] = /^https:\/\/(.+):(\d+)$/.exec(cluster.url)!
    const env = { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port }
    cluster.objects.set('/api/v1/namespaces/prod', { metadata: { labels: { tier: 'prod' } } })
    expect(await open({ server: undefined, env }).namespaceLabels('prod', { signal })).toEqual({
      tier: 'prod',
    })
  })
})

describe('namespaceLabels', () => {
  it('gives the labels, none, or that there is no such namespace', async () => {
    const view = open({ pullSecrets: 'none' })
    cluster.objects.set('/api/v1/namespaces/prod', { metadata: { labels: { tier: 'prod' } } })
    cluster.objects.set('/api/v1/namespaces/bare', { metadata: {} })
    expect(await view.namespaceLabels('prod', { signal })).toEqual({ tier: 'prod' })
    expect(await view.namespaceLabels('bare', { signal })).toEqual({})
    expect(await view.namespaceLabels('gone', { signal })).toBeUndefined()
  })
})
